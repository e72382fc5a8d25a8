#ifndef CLIENTS_CLI_HELP_H_
#define CLIENTS_CLI_HELP_H_

#include <string>

#include "clients/cli/command.h"

// Help as clig.dev has it: examples first. Pure functions of the command table.
namespace trellis::cli {

// "./trellis enqueue [TEXT] [FLAGS]"
[[nodiscard]] std::string UsageLine(const Command& command);
// Of one command; of a group, its verbs.
[[nodiscard]] std::string CommandHelp(const Command& command, const CommandTable& table);
// Of the tool: an example of each verb that has an explained one, the verbs, exit codes.
[[nodiscard]] std::string ToolHelp(const CommandTable& table);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_HELP_H_
