#ifndef CLIENTS_CLI_LOAD_GRPC_CALLER_H_
#define CLIENTS_CLI_LOAD_GRPC_CALLER_H_

#include <memory>
#include <string>

#include "clients/cli/load/caller.h"
#include "clients/cli/load/target.h"
#include "mesh/base/clock.h"
#include "mesh/base/status.h"

namespace trellis::cli::load {

struct GrpcCallerOptions {
  std::string address;
  std::string service;  // full name
  std::string method;   // of it, for requests that name none: "GetForecast"
  base::milliseconds timeout{10'000};
  int connections = 1;  // calls go over them in turn
};

// Makes unary calls over gRPC. What is sent is made by `make`; answers are taken as bytes, not
// parsed, so that this program needs less of the machine than the server does. Nothing is retried:
// a failure is a result. One thread takes all answers. The destructor waits for the calls in
// flight.
class GrpcCaller final : public Caller {
 public:
  GrpcCaller(const GrpcCallerOptions& options, MakeRequest make);
  ~GrpcCaller() override;

  // Waits until all connections stand, so that the first calls are not those that connect.
  [[nodiscard]] absl::Status Connect();

  void Start(int64_t index, Done done) override;
  void CancelAll() override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_GRPC_CALLER_H_
