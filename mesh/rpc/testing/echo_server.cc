#include "mesh/rpc/testing/echo_server.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>

#include "mesh/rpc/batch.h"

namespace trellis::rpc::testing {

boost::asio::awaitable<void> WaitForEver() {
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, base::SteadyTime::max());
  co_await timer.async_wait(boost::asio::use_awaitable);
}

class EchoServer::Service final : public EchoService::CallbackService {
 public:
  Service(Runtime& runtime, EchoHandlers handlers)
      : runtime_(runtime), handlers_(std::move(handlers)) {}

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    return Unary(runtime_, unary_, context, request, response, std::ref(handlers_.echo));
  }

  grpc::ServerUnaryReactor* BatchEcho(grpc::CallbackServerContext* context,
                                      const BatchEchoRequest* request,
                                      BatchEchoResponse* response) override {
    return Unary(runtime_, batch_, context, request, response,
                 [this](const CallContext& call, const BatchEchoRequest& batch) {
                   return HandleBatch<BatchEchoResponse>(runtime_, unary_, call, batch,
                                                         std::ref(handlers_.echo));
                 });
  }

  grpc::ServerWriteReactor<EchoResponse>* EchoStream(grpc::CallbackServerContext* context,
                                                     const EchoRequest* request) override {
    return ServerStreaming<EchoResponse>(runtime_, streaming_, context, request,
                                         std::ref(handlers_.stream));
  }

 private:
  Runtime& runtime_;
  EchoHandlers handlers_;
  MethodRecorder& unary_ = runtime_.Recorder(std::string(kEchoService) + "/Echo");
  MethodRecorder& batch_ = runtime_.Recorder(std::string(kEchoService) + "/BatchEcho");
  MethodRecorder& streaming_ = runtime_.Recorder(std::string(kEchoService) + "/EchoStream");
};

EchoServer::EchoServer(EchoHandlers handlers, RuntimeOptions options, int port)
    : runtime_(reactors_, metrics_, std::move(options)),
      service_(std::make_unique<Service>(runtime_, std::move(handlers))),
      server_({.address = "127.0.0.1:" + std::to_string(port)}, {service_.get()}, {kEchoService}) {
  if (const absl::Status status = server_.Start(); !status.ok()) {
    throw std::runtime_error(base::MessageOf(status));
  }
  reactors_.Start();
}

// The server must end its calls while the reactors run.
EchoServer::~EchoServer() {
  server_.Drain(base::Deadline::After(base::milliseconds(0)));
  reactors_.Stop();
}

std::string EchoServer::address() const { return "127.0.0.1:" + std::to_string(server_.port()); }

std::shared_ptr<grpc::Channel> EchoServer::Channel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
}

std::unique_ptr<EchoService::Stub> EchoServer::Stub() const {
  return EchoService::NewStub(Channel());
}

}  // namespace trellis::rpc::testing
