#include "clients/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

size_t ColumnsOfStdout() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

bool Terminal::UsesColor() const {
  const auto no_color = environment("NO_COLOR");
  return CanRedraw() && (!no_color || no_color->empty());
}

bool Terminal::CanRedraw() const { return out_is_tty && environment("TERM") != "dumb"; }

bool Terminal::Confirm(std::string_view question) {
  err << Printable(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(in, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void Terminal::Say(std::string_view message) {
  err << "trellis: " << Printable(message) << "\n" << std::flush;
}

void Terminal::Hint(std::string_view message) {
  err << "  " << Printable(message) << "\n" << std::flush;
}

Terminal ProcessTerminal() {
  const bool out_is_tty = isatty(STDOUT_FILENO) == 1;
  return {.in = std::cin,
          .out = std::cout,
          .err = std::cerr,
          .in_is_tty = isatty(STDIN_FILENO) == 1,
          .out_is_tty = out_is_tty,
          .err_is_tty = isatty(STDERR_FILENO) == 1,
          .width = out_is_tty ? ColumnsOfStdout() : 0,
          .environment = [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
          }};
}

}  // namespace trellis::cli
