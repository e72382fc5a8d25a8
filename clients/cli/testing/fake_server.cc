#include "clients/cli/testing/fake_server.h"

#include <grpcpp/health_check_service_interface.h>

#include <utility>

namespace trellis::cli::testing {

FakeServer::FakeServer(grpc::Service* service, std::string health_name)
    : health_name_(std::move(health_name)) {
  if (!health_name_.empty()) grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  address_ = "127.0.0.1:" + std::to_string(port);
  if (!health_name_.empty()) SetServing(true);
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

void FakeServer::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(health_name_, serving);
}

}  // namespace trellis::cli::testing
