#ifndef MESH_RPC_STATUS_MESSAGE_H_
#define MESH_RPC_STATUS_MESSAGE_H_

#include "mesh/base/status.h"

namespace google::rpc {
class Status;
}

namespace trellis::rpc {

// The same status as a message and back; the payloads of an absl::Status are its details.
[[nodiscard]] google::rpc::Status ToMessage(const absl::Status& status);
[[nodiscard]] absl::Status FromMessage(const google::rpc::Status& message);

}  // namespace trellis::rpc

#endif  // MESH_RPC_STATUS_MESSAGE_H_
