#include "clients/cli/help.h"

#include <algorithm>
#include <utility>

#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

constexpr char kExitCodes[] =
    "Exit codes:\n"
    "  0    done\n"
    "  1    the service said no, or what was asked for failed\n"
    "  2    the command line is wrong; nothing was sent\n"
    "  3    no answer: no server there, or not in time\n"
    "  4    no such queue, job or other thing\n"
    "  5    load: a --threshold was not met\n"
    "  130  interrupted\n";

using Rows = std::vector<std::pair<std::string, std::string>>;

// "  left  right" with the right sides in one column; a very long left side has a line of its own.
std::string Columned(const Rows& rows) {
  constexpr size_t kWidest = 56;
  size_t width = 0;
  for (const auto& [left, right] : rows) {
    if (Columns(left) <= kWidest) width = std::max(width, Columns(left));
  }
  std::string text;
  for (const auto& [left, right] : rows) {
    text += "  " + left;
    if (!right.empty()) {
      const size_t used = Columns(left);
      text +=
          used > width ? "\n" + std::string(width + 4, ' ') : std::string(width - used + 2, ' ');
      text += right;
    }
    text += "\n";
  }
  return text;
}

std::string FlagHelp(const Flag& flag) {
  std::string text = flag.help;
  if (!flag.choices.empty()) {
    text += ":";
    for (const std::string& choice : flag.choices) text += " " + choice;
  }
  if (flag.repeated) text += "; repeatable";
  std::string source = flag.variable.empty() ? "" : flag.variable;
  if (!flag.default_value.empty()) {
    source += (source.empty() ? "default " : ", default ") + flag.default_value;
  }
  return source.empty() ? text : text + " (" + source + ")";
}

std::string VerbList(const CommandTable& table, const std::string& group) {
  Rows rows;
  for (const Command& command : table) {
    if (command.Group() == group) rows.emplace_back(command.name, command.summary);
  }
  return Columned(rows);
}

std::string Examples(const std::vector<Example>& examples) {
  Rows rows;
  for (const Example& example : examples) {
    rows.emplace_back("./trellis " + example.line, example.meaning);
  }
  return rows.empty() ? "" : "Examples:\n" + Columned(rows) + "\n";
}

}  // namespace

std::string UsageLine(const Command& command) {
  std::string line = "./trellis " + command.name;
  if (command.IsGroup()) return line + " VERB [FLAGS]";
  for (const Positional& positional : command.positionals) {
    const std::string name = positional.name + (positional.repeated ? "..." : "");
    line += positional.required ? " " + name : " [" + name + "]";
  }
  return command.flags.empty() ? line : line + " [FLAGS]";
}

std::string CommandHelp(const Command& command, const CommandTable& table) {
  std::string help = Examples(command.examples) + command.summary + ".\n";
  if (!command.notes.empty()) help += "\n" + command.notes + "\n";
  help += "\nUsage: " + UsageLine(command) + "\n";
  if (command.IsGroup()) return help + "\nVerbs:\n" + VerbList(table, command.name);
  Rows rows;
  for (const Positional& positional : command.positionals) {
    rows.emplace_back(positional.name, positional.help);
  }
  if (!rows.empty()) help += Columned(rows);
  rows.clear();
  for (const Flag& flag : command.flags) {
    rows.emplace_back("--" + flag.name + (flag.value.empty() ? "" : " " + flag.value),
                      FlagHelp(flag));
  }
  rows.emplace_back("--help", "This text");
  return help + "\nFlags:\n" + Columned(rows);
}

std::string ToolHelp(const CommandTable& table) {
  std::vector<Example> examples;
  for (const Command& command : table) {
    // What explains itself in its own help is left to it.
    if (!command.Group().empty() || command.examples.empty()) continue;
    if (!command.examples.front().meaning.empty()) examples.push_back(command.examples.front());
  }
  return Examples(examples) +
         "Talks to the services of Trellis. Data goes to stdout, messages to stderr.\n"
         "\nUsage: ./trellis VERB [ARGUMENTS] [FLAGS]\n\nVerbs:\n" +
         VerbList(table, "") +
         "\n./trellis VERB --help says more. ./trellis help has the verbs of the local stack.\n\n" +
         kExitCodes;
}

}  // namespace trellis::cli
