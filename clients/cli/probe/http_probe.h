#ifndef CLIENTS_CLI_PROBE_HTTP_PROBE_H_
#define CLIENTS_CLI_PROBE_HTTP_PROBE_H_

#include <string>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::cli {

// Sends one HTTP/1.1 GET to "host:port" ([::1]:80 for IPv6) and returns the status code; the rest
// of the answer is not read. No TLS, no redirects, no proxies. Blocks to the deadline and, for
// names that are no numbers, in the system's resolver. Thread-safe. UNAVAILABLE: no connection, or
// no HTTP on it; DEADLINE_EXCEEDED.
[[nodiscard]] absl::StatusOr<int> HttpGetStatus(const std::string& address, const std::string& path,
                                                base::Deadline deadline);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_PROBE_HTTP_PROBE_H_
