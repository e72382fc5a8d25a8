#include "clients/cli/text.h"

#include <algorithm>
#include <cstdint>

namespace trellis::cli {
namespace {

// Bytes of the well-formed sequence at the start of `text`; 0 when there is none.
size_t SequenceLength(std::string_view text) {
  const auto at = [text](size_t i) { return static_cast<uint8_t>(i < text.size() ? text[i] : 0); };
  const uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0) return 0;
  // The second byte of some leads is bounded: no overlong forms, no surrogates, nothing past
  // U+10FFFF.
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (at(1) < low || at(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

std::string HexEscape(char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto value = static_cast<uint8_t>(byte);
  return {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
}

// U+0080 to U+009F: control characters of 8-bit terminals.
bool IsC1Control(std::string_view sequence) {
  return sequence.size() == 2 && sequence[0] == '\xC2' && static_cast<uint8_t>(sequence[1]) < 0xA0;
}

std::string Escape(std::string_view text, bool keep_layout) {
  std::string result;
  while (!text.empty()) {
    const size_t length = std::max<size_t>(1, SequenceLength(text));
    const std::string_view sequence = text.substr(0, length);
    const char first = sequence[0];
    const bool layout = first == '\n' || first == '\t';
    const bool bad = SequenceLength(text) == 0 || IsC1Control(sequence) ||
                     (length == 1 && (static_cast<uint8_t>(first) < 0x20 || first == 0x7F));
    if (layout) {
      result += keep_layout ? std::string(1, first) : first == '\n' ? "\\n" : "\\t";
    } else if (bad) {
      for (const char byte : sequence) result += HexEscape(byte);
    } else {
      result += sequence;
    }
    text.remove_prefix(length);
  }
  return result;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Printable(std::string_view text) { return Escape(text, true); }

std::string OneLine(std::string_view text, size_t columns) {
  // A prefix is enough: no code point has more than four bytes, and escaping makes nothing shorter.
  if (columns > 0) text = text.substr(0, 4 * columns + 4);
  std::string line = Escape(text, false);
  if (columns == 0 || Columns(line) <= columns) return line;
  size_t end = 0;
  for (size_t i = 1; i < columns; ++i) end += SequenceLength(std::string_view(line).substr(end));
  return line.substr(0, end) + "…";
}

size_t Columns(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string Suggest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = 1 + std::max<size_t>(1, word.size() / 3);
  for (const std::string& candidate : candidates) {
    const bool begins = word.size() > 1 && candidate.starts_with(word);
    const size_t distance = begins ? 1 : EditDistance(word, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace trellis::cli
