#include "mesh/rpc/server.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <mutex>

#include "grpc/health/v1/health.pb.h"
#include "mesh/rpc/mutex_mode.h"

namespace trellis::rpc {

class Server::Impl {
 public:
  Impl(ServerOptions options, std::vector<grpc::Service*> services, std::vector<std::string> names)
      : options_(std::move(options)), services_(std::move(services)), names_(std::move(names)) {}

  ~Impl() { Drain(base::Deadline::After(base::milliseconds(0))); }

  absl::Status Start() {
    static std::once_flag plugins;
    TurnOffDeadlockDetection();
    std::call_once(plugins, [] {
      // Links the description in, for reflection; gRPC's own health service brings none.
      (void)grpc::health::v1::HealthCheckRequest::descriptor();
      grpc::EnableDefaultHealthCheckService(true);
      grpc::reflection::InitProtoReflectionServerBuilderPlugin();
      grpc::channelz::experimental::InitChannelzService();
    });
    const auto ms = [](base::milliseconds time) { return static_cast<int>(time.count()); };
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options_.address, grpc::InsecureServerCredentials(), &port_);
    // Without this a second server would silently share the port and take half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 1);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, ms(options_.max_connection_age));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                               ms(options_.max_connection_age_grace));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ms(options_.keepalive));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.SetMaxReceiveMessageSize(options_.max_message_bytes);
    for (grpc::Service* service : services_) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      server_.reset();
      return base::MakeStatus(absl::StatusCode::kUnavailable,
                              "cannot listen on " + options_.address +
                                  ": the port is taken or the address is not of this machine");
    }
    SetServing(false);
    return absl::OkStatus();
  }

  void SetServing(bool serving) {
    if (server_ == nullptr) return;
    for (const std::string& name : names_) {
      server_->GetHealthCheckService()->SetServingStatus(name, serving);
    }
  }

  void Drain(base::Deadline deadline) {
    if (server_ == nullptr) return;
    server_->GetHealthCheckService()->Shutdown();
    if (deadline.IsInfinite()) {
      server_->Shutdown();  // "now" plus all the time there is would overflow
    } else {
      server_->Shutdown(std::chrono::system_clock::now() + deadline.Remaining());
    }
    // It is destroyed with this object: another thread may be in SetServing now.
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  const ServerOptions options_;
  const std::vector<grpc::Service*> services_;
  const std::vector<std::string> names_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

Server::Server(ServerOptions options, std::vector<grpc::Service*> services,
               std::vector<std::string> service_names)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(services),
                                   std::move(service_names))) {}
Server::~Server() = default;
absl::Status Server::Start() { return impl_->Start(); }
int Server::port() const { return impl_->port(); }
void Server::SetServing(bool serving) { impl_->SetServing(serving); }
void Server::Drain(base::Deadline deadline) { impl_->Drain(deadline); }

}  // namespace trellis::rpc
