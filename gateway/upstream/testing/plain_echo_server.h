#ifndef GATEWAY_UPSTREAM_TESTING_PLAIN_ECHO_SERVER_H_
#define GATEWAY_UPSTREAM_TESTING_PLAIN_ECHO_SERVER_H_

#include <functional>
#include <stdexcept>
#include <string>

#include "mesh/rpc/testing/echo_server.h"

namespace trellis::gateway::testing {

// The echo service on gRPC's own API, for what rpc::Unary keeps to itself: metadata, and who calls.
class PlainEchoServer {
 public:
  // Runs on gRPC's threads, several at a time.
  using Handler =
      std::function<grpc::Status(grpc::CallbackServerContext&, rpc::testing::EchoResponse*)>;

  explicit PlainEchoServer(Handler handler, rpc::ServerOptions options = {})
      : service_(std::move(handler)),
        server_(OnFreePort(std::move(options)), {&service_}, {rpc::testing::kEchoService}) {
    if (const absl::Status status = server_.Start(); !status.ok()) {
      throw std::runtime_error(base::MessageOf(status));
    }
  }

  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(server_.port());
  }

 private:
  class Service final : public rpc::testing::EchoService::CallbackService {
   public:
    explicit Service(Handler handler) : handler_(std::move(handler)) {}
    grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                   const rpc::testing::EchoRequest* /*request*/,
                                   rpc::testing::EchoResponse* response) override {
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(handler_(*context, response));
      return reactor;
    }

   private:
    const Handler handler_;
  };

  static rpc::ServerOptions OnFreePort(rpc::ServerOptions options) {
    options.address = "127.0.0.1:0";
    return options;
  }

  Service service_;
  rpc::Server server_;
};

}  // namespace trellis::gateway::testing

#endif  // GATEWAY_UPSTREAM_TESTING_PLAIN_ECHO_SERVER_H_
