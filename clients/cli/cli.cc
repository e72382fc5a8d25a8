#include "clients/cli/cli.h"

#include <algorithm>
#include <ostream>

#include "clients/cli/arguments.h"
#include "clients/cli/help.h"
#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

bool AsksForHelp(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end,
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

ExitCode UnknownVerb(const std::string& group, const std::string& word, Context& context) {
  std::vector<std::string> verbs = VerbsOf(context.commands, group);
  const std::string prefix = group.empty() ? "" : group + " ";
  if (group.empty()) {
    const auto& others = FrontDoorVerbs();
    if (std::find(others.begin(), others.end(), word) != others.end()) {
      context.terminal.Say("'" + word + "' is a verb of the ./trellis script in the source tree");
      return ExitCode::kUsage;
    }
    verbs.insert(verbs.end(), others.begin(), others.end());
  }
  context.terminal.Say("'" + prefix + word + "' is not a verb");
  const std::string suggestion = Suggest(word, verbs);
  if (!suggestion.empty()) {
    context.terminal.Hint("Did you mean ./trellis " + prefix + suggestion + "?");
  } else {
    context.terminal.Hint("./trellis " + prefix + "--help lists what there is.");
  }
  return ExitCode::kUsage;
}

}  // namespace

const std::vector<std::string>& FrontDoorVerbs() {
  static const auto* const kVerbs =
      new std::vector<std::string>{"up",    "down", "status", "logs",       "restart", "scale",
                                   "clean", "test", "bench",  "experiment", "fmt",     "lint"};
  return *kVerbs;
}

ExitCode UsageError(const Command& command, const std::string& message, Terminal& terminal) {
  terminal.Say(message);
  terminal.Hint("Usage: " + UsageLine(command));
  terminal.Hint("Help:  ./trellis " + command.name + " --help");
  return ExitCode::kUsage;
}

ExitCode Run(const std::vector<std::string>& words, Context& context) {
  Terminal& terminal = context.terminal;
  if (words.empty()) {
    terminal.err << ToolHelp(context.commands);
    return ExitCode::kUsage;
  }
  if (words[0] == "--help" || words[0] == "-h") {
    terminal.out << ToolHelp(context.commands);
    return ExitCode::kOk;
  }
  const std::string first = words[0] == "--version" ? "version" : words[0];
  const Command* command = FindCommand(context.commands, first);
  if (command == nullptr) {
    if (!first.starts_with('-')) return UnknownVerb("", first, context);
    terminal.Say("'" + first + "': the verb comes first, flags after it");
    return ExitCode::kUsage;
  }
  size_t used = 1;
  if (command->IsGroup() && words.size() > 1 && !words[1].starts_with('-')) {
    const std::string group = command->name;
    command = FindCommand(context.commands, group + " " + words[1]);
    if (command == nullptr) return UnknownVerb(group, words[1], context);
    used = 2;
  }
  const std::vector<std::string> rest(words.begin() + static_cast<ptrdiff_t>(used), words.end());
  if (AsksForHelp(rest)) {
    terminal.out << CommandHelp(*command, context.commands);
    return ExitCode::kOk;
  }
  if (command->IsGroup()) {
    terminal.err << CommandHelp(*command, context.commands);
    return ExitCode::kUsage;
  }
  const auto arguments = Arguments::Parse(*command, rest, terminal.environment);
  if (!arguments.ok()) return UsageError(*command, base::MessageOf(arguments.status()), terminal);
  return command->run(*arguments, context);
}

}  // namespace trellis::cli
