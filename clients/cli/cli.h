#ifndef CLIENTS_CLI_CLI_H_
#define CLIENTS_CLI_CLI_H_

#include <functional>
#include <string>
#include <vector>

#include "clients/cli/command.h"
#include "clients/cli/exit_code.h"
#include "clients/cli/terminal.h"
#include "mesh/base/clock.h"

namespace trellis::cli {

// What a command works with besides its arguments. Everything is borrowed.
struct Context {
  Terminal& terminal;
  const CommandTable& commands;
  const base::Clock& clock;
  std::function<void(base::milliseconds)> sleep = {};
};

// Runs the command that `words` (argv without the program) name; also help for --help anywhere and
// suggestions for what is misspelled. Blocks until the command is done. Not thread-safe.
[[nodiscard]] ExitCode Run(const std::vector<std::string>& words, Context& context);

// For what only a command can see to be wrong ("ids or --all"): says it with the usage line.
[[nodiscard]] ExitCode UsageError(const Command& command, const std::string& message,
                                  Terminal& terminal);

// Verbs of the ./trellis script, which hands all others to this program.
[[nodiscard]] const std::vector<std::string>& FrontDoorVerbs();

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_CLI_H_
