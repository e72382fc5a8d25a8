#include "mesh/rpc/status.h"

#include "google/rpc/status.pb.h"
#include "mesh/rpc/status_message.h"

namespace trellis::rpc {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status wire = ToMessage(status);
  const auto code = static_cast<grpc::StatusCode>(wire.code());
  if (wire.details().empty()) return {code, wire.message()};
  return {code, wire.message(), wire.SerializeAsString()};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status wire;
  if (!wire.ParseFromString(status.error_details())) wire.Clear();
  // What the details say of these does not count.
  wire.set_code(status.error_code());
  wire.set_message(status.error_message());
  return FromMessage(wire);
}

}  // namespace trellis::rpc
