#ifndef CLIENTS_CLI_COMPLETION_H_
#define CLIENTS_CLI_COMPLETION_H_

#include <string>

#include "clients/cli/command.h"

namespace trellis::cli {

// A bash function that completes verbs, flags and values that are one of a few, for ./trellis and
// trellis-cli; static, so that a TAB starts no process.
[[nodiscard]] std::string BashCompletion(const CommandTable& table);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMPLETION_H_
