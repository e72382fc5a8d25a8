#ifndef CLIENTS_CLI_PROBE_GRPC_PROBE_H_
#define CLIENTS_CLI_PROBE_GRPC_PROBE_H_

#include <string>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::cli {

// Asks grpc.health.v1.Health/Check of a server for `service` ("": the server as such) and returns
// SERVING, NOT_SERVING, SERVICE_UNKNOWN or UNKNOWN. Blocks up to `timeout`. Thread-safe. NOT_FOUND:
// the server does not know the service; UNIMPLEMENTED: it has no health service.
[[nodiscard]] absl::StatusOr<std::string> GrpcHealth(const std::string& address,
                                                     const std::string& service,
                                                     base::milliseconds timeout);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_PROBE_GRPC_PROBE_H_
