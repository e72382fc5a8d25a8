#ifndef GATEWAY_TESTING_VIOLATION_H_
#define GATEWAY_TESTING_VIOLATION_H_

#include <string>

#include "absl/status/status.h"

namespace trellis::gateway::testing {

// "field| description" of the one google.rpc.BadRequest violation in an INVALID_ARGUMENT; any other
// status in parentheses.
[[nodiscard]] std::string ShowViolation(const absl::Status& status);

}  // namespace trellis::gateway::testing

#endif  // GATEWAY_TESTING_VIOLATION_H_
