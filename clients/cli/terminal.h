#ifndef CLIENTS_CLI_TERMINAL_H_
#define CLIENTS_CLI_TERMINAL_H_

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace trellis::cli {

// The streams and the environment of one run, injected so that tests see all of it. Data goes to
// `out`, everything said to a person to `err`. Borrows the streams. Not thread-safe.
struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_tty = false;
  bool out_is_tty = false;
  bool err_is_tty = false;
  size_t width = 0;  // columns of out; 0: it is not a terminal and nothing is cut
  std::function<std::optional<std::string>(const std::string&)> environment = {};

  // Out is a terminal, and neither NO_COLOR (no-color.org) nor TERM=dumb says otherwise.
  [[nodiscard]] bool UsesColor() const;
  // Out is a terminal that can move its cursor.
  [[nodiscard]] bool CanRedraw() const;
  // There is a person to ask.
  [[nodiscard]] bool CanAsk() const { return in_is_tty && err_is_tty; }
  // Asks on err and reads a line; true for y or yes only. Blocks.
  [[nodiscard]] bool Confirm(std::string_view question);

  // One line to err under the tool's name.
  void Say(std::string_view message);
  // An indented line to err: what to do next.
  void Hint(std::string_view message);
};

// Of this process.
[[nodiscard]] Terminal ProcessTerminal();

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_TERMINAL_H_
