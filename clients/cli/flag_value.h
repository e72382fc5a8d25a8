#ifndef CLIENTS_CLI_FLAG_VALUE_H_
#define CLIENTS_CLI_FLAG_VALUE_H_

#include <string>
#include <string_view>

#include "clients/cli/command.h"
#include "mesh/base/status.h"

namespace trellis::cli {

// What a value of the flag looks like: "a whole number from 1 to 100".
[[nodiscard]] std::string Expected(const Flag& flag);

// INVALID_ARGUMENT that begins with `source` (the flag or the variable) unless `value` is as
// expected.
[[nodiscard]] absl::Status CheckValue(const Flag& flag, std::string_view source,
                                      const std::string& value);

// "one of a, b, c"
[[nodiscard]] std::string OneOf(const std::vector<std::string>& choices);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_FLAG_VALUE_H_
