#include "tests/support/output_file.h"

#include "mesh/base/testing/subprocess.h"

namespace trellis::testing {
namespace {

std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain.push_back(text[i]);
      continue;
    }
    const char c = text[++i];
    plain.push_back(c == 't' ? '\t' : c == 'n' ? '\n' : c);
  }
  return plain;
}

// "2026-01-31T12:00:00.000Z"
bool IsTime(std::string_view text) {
  return text.size() == 24 && text[10] == 'T' && text[19] == '.' && text[23] == 'Z';
}

}  // namespace

OutputFile ParseOutput(std::string_view text) {
  OutputFile file;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    const size_t first = line.find('\t');
    const size_t second = first == line.npos ? line.npos : line.find('\t', first + 1);
    if (end == text.npos || second == line.npos || !IsTime(line.substr(0, first)) ||
        line.find('\t', second + 1) != line.npos) {
      ++file.malformed;
      continue;
    }
    file.lines.push_back({std::string(line.substr(0, first)),
                          std::string(line.substr(first + 1, second - first - 1)),
                          Unescape(line.substr(second + 1))});
  }
  return file;
}

OutputFile ReadOutput(const std::string& path) {
  return ParseOutput(base::testing::ReadFile(path));
}

}  // namespace trellis::testing
