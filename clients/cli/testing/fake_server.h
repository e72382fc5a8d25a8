#ifndef CLIENTS_CLI_TESTING_FAKE_SERVER_H_
#define CLIENTS_CLI_TESTING_FAKE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace trellis::cli::testing {

// Serves one service on a free port of loopback for as long as it lives. For a fake service as its
// last member: calls end before what they use.
class FakeServer {
 public:
  // With a name grpc.health.v1 knows it, serving from the start.
  explicit FakeServer(grpc::Service* service, std::string health_name = "");
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  void SetServing(bool serving);

 private:
  const std::string health_name_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace trellis::cli::testing

#endif  // CLIENTS_CLI_TESTING_FAKE_SERVER_H_
