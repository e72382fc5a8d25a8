#include "clients/cli/probe/grpc_probe.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <future>

#include "mesh/rpc/channel.h"
#include "mesh/rpc/status.h"

namespace trellis::cli {
namespace {

// health.proto comes with no package of Debian, and its two messages have one field each, a string
// and an enum, both with number 1: on the wire they are these well-known types.
// Source: grpc/grpc, src/proto/grpc/health/v1/health.proto.
using HealthCheckRequest = google::protobuf::StringValue;
using HealthCheckResponse = google::protobuf::Int32Value;

std::string StatusName(int status) {
  switch (status) {
    case 1:
      return "SERVING";
    case 2:
      return "NOT_SERVING";
    case 3:
      return "SERVICE_UNKNOWN";
    default:
      return "UNKNOWN";
  }
}

}  // namespace

absl::StatusOr<std::string> GrpcHealth(const std::string& address, const std::string& service,
                                       base::milliseconds timeout) {
  rpc::ChannelOptions options;
  options.target = address;
  grpc::TemplatedGenericStub<HealthCheckRequest, HealthCheckResponse> stub(
      rpc::MakeChannel(options));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  HealthCheckRequest request;
  request.set_value(service);
  HealthCheckResponse response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  if (!status.ok()) return rpc::FromGrpc(status);
  return StatusName(response.value());
}

}  // namespace trellis::cli
