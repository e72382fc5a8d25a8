#ifndef CLIENTS_CLI_TEXT_H_
#define CLIENTS_CLI_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

// Text of others on a terminal. Job messages and errors may hold anything, escape sequences that
// drive the terminal included; what is printed for people goes through here. Thread-safe.
namespace trellis::cli {

// Well-formed by RFC 3629, section 4, as every string of a protobuf must be.
[[nodiscard]] bool IsUtf8(std::string_view text);

// Control characters and bytes that are no UTF-8 become \x1b and the like; \n and \t stay.
[[nodiscard]] std::string Printable(std::string_view text);

// As Printable, with \n and \t escaped, too, and cut with an ellipsis to `columns` (0: not at all).
[[nodiscard]] std::string OneLine(std::string_view text, size_t columns = 0);

// Code points, which is the columns that most text takes.
[[nodiscard]] size_t Columns(std::string_view text);

// What `word` is probably a misspelling of: the candidate it is the beginning of, or the nearest
// one by edit distance (insert, delete, replace, swap neighbours) that is no further than a third
// of its length; "" for none.
[[nodiscard]] std::string Suggest(std::string_view word,
                                  const std::vector<std::string>& candidates);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_TEXT_H_
