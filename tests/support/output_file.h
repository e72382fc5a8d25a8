#ifndef TESTS_SUPPORT_OUTPUT_FILE_H_
#define TESTS_SUPPORT_OUTPUT_FILE_H_

#include <string>
#include <string_view>
#include <vector>

namespace trellis::testing {

// One line of a worker's output file, `time TAB id TAB message`, with \t, \n and \\ of the message
// turned back.
struct OutputLine {
  std::string time;
  std::string id;
  std::string message;
};

struct OutputFile {
  std::vector<OutputLine> lines;
  int malformed = 0;  // lines that are not of that form, a half one at the end among them
};

[[nodiscard]] OutputFile ParseOutput(std::string_view text);
// An absent file is an empty one.
[[nodiscard]] OutputFile ReadOutput(const std::string& path);

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_OUTPUT_FILE_H_
