#ifndef MESH_RPC_TESTING_ECHO_SERVER_H_
#define MESH_RPC_TESTING_ECHO_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "mesh/rpc/call_context.h"
#include "mesh/rpc/handler.h"
#include "mesh/rpc/runtime.h"
#include "mesh/rpc/server.h"
#include "mesh/rpc/testing/echo.grpc.pb.h"

namespace trellis::rpc::testing {

inline constexpr char kEchoService[] = "trellis.rpc.testing.EchoService";

// What a test lets the two methods do. Set before calls are made.
struct EchoHandlers {
  std::function<boost::asio::awaitable<absl::StatusOr<EchoResponse>>(CallContext,
                                                                     const EchoRequest&)>
      echo;
  std::function<boost::asio::awaitable<absl::Status>(CallContext, const EchoRequest&,
                                                     StreamWriter<EchoResponse>&)>
      stream;
};

// A handler that is cancelled if it is not destroyed first: waits for ever.
boost::asio::awaitable<void> WaitForEver();

// A real server with the echo service on loopback, its reactors and its metrics. Port 0 by default.
class EchoServer {
 public:
  explicit EchoServer(EchoHandlers handlers, RuntimeOptions options = {}, int port = 0);
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  [[nodiscard]] std::string address() const;
  [[nodiscard]] Server& server() { return server_; }
  [[nodiscard]] Runtime& runtime() { return runtime_; }
  [[nodiscard]] const telemetry::Metrics& metrics() const { return metrics_; }
  // A connection of its own.
  [[nodiscard]] std::shared_ptr<grpc::Channel> Channel() const;
  [[nodiscard]] std::unique_ptr<EchoService::Stub> Stub() const;

 private:
  class Service;
  base::Reactors reactors_{2};
  telemetry::Metrics metrics_;
  Runtime runtime_;
  std::unique_ptr<grpc::Service> service_;
  Server server_;
};

}  // namespace trellis::rpc::testing

#endif  // MESH_RPC_TESTING_ECHO_SERVER_H_
