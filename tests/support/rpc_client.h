#ifndef TESTS_SUPPORT_RPC_CLIENT_H_
#define TESTS_SUPPORT_RPC_CLIENT_H_

#include <memory>
#include <string>

#include "mesh/base/status.h"
#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

namespace trellis::testing {

using EnqueueStub = enqueue::v1::EnqueueService::Stub;

// The generated stub on a channel of its own to a server on loopback.
[[nodiscard]] std::unique_ptr<EnqueueStub> MakeStub(int port);

// grpc.health.v1.Health/Check (gRPC health checking protocol): "SERVING", "NOT_SERVING", "UNKNOWN",
// "SERVICE_UNKNOWN"; NOT_FOUND for a service that the server does not know. Called without
// generated code, as any client in any language would see it.
[[nodiscard]] absl::StatusOr<std::string> CheckHealth(int port, const std::string& service);

// The bytes of the first answer of grpc.reflection.v1alpha's list_services.
[[nodiscard]] absl::StatusOr<std::string> ListServices(int port);

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_RPC_CLIENT_H_
