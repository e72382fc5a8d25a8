#ifndef CLIENTS_CLI_COMMANDS_TIME_STAMP_H_
#define CLIENTS_CLI_COMMANDS_TIME_STAMP_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "mesh/base/clock.h"

// Times of the API's messages, for people. Pure functions.
namespace trellis::cli {

[[nodiscard]] base::WallTime TimeOf(const google::protobuf::Timestamp& stamp);
// "3m12s"; "0s" when `to` is earlier.
[[nodiscard]] std::string Between(base::WallTime from, base::WallTime to);
// "2026-01-31T12:00:00Z (3m12s ago)", or "(in 5s)".
[[nodiscard]] std::string StampInWords(base::WallTime time, base::WallTime now);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_COMMANDS_TIME_STAMP_H_
