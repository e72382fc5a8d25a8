#ifndef MESH_RPC_CHANNEL_H_
#define MESH_RPC_CHANNEL_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/base/clock.h"

namespace grpc {
class Channel;
}

namespace trellis::rpc {

struct ChannelOptions {
  std::string target = "127.0.0.1:50051";  // any gRPC name; dns:///service:port for many servers
  std::string service;                     // full name, for health checks and retries
  // Methods that may be sent again after UNAVAILABLE, or after CANCELLED by the server, as it ends
  // a call that arrives while it shuts down: only those whose repeat changes nothing.
  std::vector<std::string> idempotent_methods;
  // Ask the servers for the health of `service` and leave out those that are not serving. A server
  // whose dependencies are away then looks unreachable.
  bool health_check = false;
  base::milliseconds max_reconnect_backoff{1000};
};

// The service config (gRFC A2) of a channel: round_robin over what the name resolves to, health
// checks, and retries of the idempotent methods with throttling.
[[nodiscard]] std::string ServiceConfig(const ChannelOptions& options);

// A channel without TLS. Connects lazily and for ever; calls on it fail at once while no server can
// be reached (they do not wait for one).
[[nodiscard]] std::shared_ptr<grpc::Channel> MakeChannel(const ChannelOptions& options);

}  // namespace trellis::rpc

#endif  // MESH_RPC_CHANNEL_H_
