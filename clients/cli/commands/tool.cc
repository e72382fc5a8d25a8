// Verbs about the tool itself, and sleep: what needs no service.

#include <algorithm>
#include <charconv>
#include <ostream>

#include "clients/cli/arguments.h"
#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/completion.h"
#include "clients/cli/duration.h"
#include "clients/cli/help.h"

namespace trellis::cli {
namespace {

ExitCode Help(const Arguments& arguments, Context& context) {
  std::vector<std::string> words = arguments.positionals();
  words.push_back("--help");
  return Run(words, context);
}

ExitCode Completion(const Arguments& /*arguments*/, Context& context) {
  context.terminal.out << BashCompletion(context.commands);
  return ExitCode::kOk;
}

ExitCode Version(const Arguments& arguments, Context& context) {
  if (arguments.On("json")) {
    context.terminal.out << "{\"version\":\"" TRELLIS_VERSION "\"}\n";
  } else {
    context.terminal.out << "trellis " TRELLIS_VERSION "\n";
  }
  return ExitCode::kOk;
}

ExitCode Sleep(const Arguments& arguments, Context& context) {
  const std::string text = arguments.Positional(0);
  // As of sleep(1): a bare number is seconds.
  const bool bare =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto duration = ParseDuration(bare ? text + "s" : text);
  if (!duration) {
    return UsageError(arguments.command(),
                      "SECONDS: '" + text + "' is not a number of seconds or " + kDurationForm,
                      context.terminal);
  }
  context.sleep(*duration);
  return ExitCode::kOk;
}

}  // namespace

CommandTable ToolCommands() {
  return {
      {.name = "sleep",
       .summary = "Waits, where a container has no shell and no sleep (a preStop hook)",
       .examples = {{"sleep 10"}, {"sleep 500ms"}},
       .positionals = {{.name = "SECONDS", .help = "Seconds, or a time with its unit"}},
       .run = Sleep},
      {.name = "completion",
       .summary = "Prints a script that completes verbs and flags",
       .examples = {{"completion bash > ~/.local/share/bash-completion/completions/trellis"},
                    {"completion bash", "to be sourced: source <(./trellis completion bash)"}},
       .positionals = {{.name = "SHELL", .help = "bash", .choices = {"bash"}}},
       .run = Completion},
      {.name = "version",
       .summary = "Prints the version",
       .examples = {{"version"}},
       .flags = {{.name = "json", .help = "Print it as JSON"}},
       .run = Version},
      {.name = "help",
       .summary = "Says how a verb is used",
       .examples = {{"help queue purge"}},
       .positionals =
           {{.name = "VERB", .help = "One word or two", .required = false, .repeated = true}},
       .run = Help},
  };
}

}  // namespace trellis::cli
