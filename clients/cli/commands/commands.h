#ifndef CLIENTS_CLI_COMMANDS_COMMANDS_H_
#define CLIENTS_CLI_COMMANDS_COMMANDS_H_

#include "clients/cli/command.h"

namespace trellis::cli {

// All verbs, in the order of the help. A new service adds one file with a function that returns its
// commands, and a line in commands.cc.
[[nodiscard]] CommandTable AllCommands();

// Each in the file of its name.
[[nodiscard]] CommandTable EnqueueCommands();
[[nodiscard]] CommandTable QueueCommands();
[[nodiscard]] CommandTable OrderCommands();
[[nodiscard]] CommandTable InventoryCommands();
[[nodiscard]] CommandTable WeatherCommands();
[[nodiscard]] CommandTable UserCommands();
[[nodiscard]] CommandTable PostCommands();
[[nodiscard]] CommandTable KeyTestCommands();
[[nodiscard]] CommandTable HealthCommands();
[[nodiscard]] CommandTable LoadCommands();
[[nodiscard]] CommandTable ToolCommands();

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_COMMANDS_H_
