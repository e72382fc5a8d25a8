#ifndef CLIENTS_CLI_SERVICE_COMMAND_H_
#define CLIENTS_CLI_SERVICE_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/arguments.h"
#include "clients/cli/command.h"
#include "clients/cli/terminal.h"
#include "clients/cpp/client.h"

namespace google::protobuf {
class Message;
}

// What all verbs that call a service have in common.
namespace trellis::cli {

// `own` and then --addr, --timeout and --json. The address comes from --addr, `variable` or
// `default_address`.
[[nodiscard]] std::vector<Flag> ServiceFlags(std::vector<Flag> own, const std::string& variable,
                                             const std::string& default_address);

// From the flags above.
[[nodiscard]] client::Options ClientOptions(const Arguments& arguments);

// The i-th positional as a whole number of min to max; nothing after saying what is wrong with it.
[[nodiscard]] std::optional<int64_t> NumberAt(const Arguments& arguments, size_t i, int64_t min,
                                              int64_t max, Terminal& terminal);

// Says on err what went wrong, which address was tried and what to do next; field violations of a
// google.rpc.BadRequest as "field: description". Returns what to exit with.
[[nodiscard]] ExitCode ReportFailure(const absl::Status& status, const Arguments& arguments,
                                     Terminal& terminal);

// The message as proto3 JSON, with fields that have their default value, on one line of out.
void PrintJson(const google::protobuf::Message& message, Terminal& terminal);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_SERVICE_COMMAND_H_
