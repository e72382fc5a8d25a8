#ifndef MESH_RPC_SERVER_H_
#define MESH_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace grpc {
class Service;
}

namespace trellis::rpc {

struct ServerOptions {
  std::string address = "127.0.0.1:50051";
  // A connection is asked to go after this time (with 10 % jitter) and cut after the grace, so that
  // clients resolve names again and find new servers.
  base::milliseconds max_connection_age{5 * 60 * 1000};
  base::milliseconds max_connection_age_grace{30'000};
  // A silent peer is pinged after this time and cut when it does not answer.
  base::milliseconds keepalive{20'000};
  int max_message_bytes = 4 * 1024 * 1024;
};

// A gRPC server with reflection, channelz, and health (grpc.health.v1) for each service's name and
// for "" (the process as such, which says nothing of its dependencies). Thread-safe but for Start.
class Server {
 public:
  // The services are borrowed and must outlive the server. They begin as NOT_SERVING.
  Server(ServerOptions options, std::vector<grpc::Service*> services,
         std::vector<std::string> service_names);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and serves. The error names the address.
  [[nodiscard]] absl::Status Start();
  [[nodiscard]] int port() const;
  // The health of all services; "" stays as it is.
  void SetServing(bool serving);
  // Everything becomes NOT_SERVING for good, new calls are refused, calls under way end or are
  // cancelled at the deadline. Blocks.
  void Drain(base::Deadline deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::rpc

#endif  // MESH_RPC_SERVER_H_
