#ifndef MESH_RPC_STATUS_H_
#define MESH_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "mesh/base/status.h"

namespace trellis::rpc {

// The same status in gRPC's type and back. The payloads of an absl::Status travel as the details of
// a google.rpc.Status in grpc-status-details-bin (gRFC A66's richer error model).
[[nodiscard]] grpc::Status ToGrpc(const absl::Status& status);
[[nodiscard]] absl::Status FromGrpc(const grpc::Status& status);

}  // namespace trellis::rpc

#endif  // MESH_RPC_STATUS_H_
