#ifndef CLIENTS_CPP_CLIENT_H_
#define CLIENTS_CPP_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"
#include "mesh/rpc/status.h"

namespace trellis::client {

struct Options {
  std::string address = "127.0.0.1:50051";  // any gRPC name; dns:///service:port for many servers
  // How long a call may take, retries included. Streams are not bounded.
  base::milliseconds timeout{10'000};
};

// What goes with one call besides its request.
struct CallOptions {
  // Sent as the metadata idempotency-key; empty: none. With the same key the same request gets the
  // first one's answer again, from services that say so in their .proto.
  std::string idempotency_key = {};
};

// 1-255 visible ASCII characters. gRPC aborts the process of who sends it others.
[[nodiscard]] bool IsIdempotencyKey(std::string_view key);

// The channel of mesh/rpc/channel.h; methods of `service` whose idempotency_level in the .proto
// says so are sent again after UNAVAILABLE, others never.
[[nodiscard]] std::shared_ptr<grpc::Channel> Connect(const Options& options,
                                                     std::string_view service);

// A blocking client of one service: its generated stub, a channel, and a deadline on every call.
//
//   using trellis::enqueue::v1::EnqueueService;
//   client::Client<EnqueueService> jobs({.address = "127.0.0.1:50051"});
//   auto response = jobs.Call(&EnqueueService::Stub::Enqueue, request);
//
// Thread-safe; owns its connection, which is made by the first call. Errors are those of the .proto
// with their google.rpc details as payloads, and UNAVAILABLE (no server, or the connection was
// lost: the outcome is then unknown) or DEADLINE_EXCEEDED.
template <typename Service>
class Client {
 public:
  using Stub = typename Service::Stub;

  explicit Client(Options options = {})
      : options_(std::move(options)),
        stub_(Service::NewStub(Connect(options_, Service::service_full_name()))) {}

  // Blocks until the answer or the deadline. INVALID_ARGUMENT, and nothing is sent, for a key that
  // is none.
  template <typename Request, typename Response>
  [[nodiscard]] absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, const CallOptions& options = {}) {
    grpc::ClientContext context;
    if (!options.idempotency_key.empty()) {
      if (!IsIdempotencyKey(options.idempotency_key)) {
        return base::InvalidField("idempotency-key", "must be 1-255 visible ASCII characters");
      }
      context.AddMetadata("idempotency-key", options.idempotency_key);
    }
    context.set_deadline(std::chrono::system_clock::now() + options_.timeout);
    Response response;
    const grpc::Status status = ((*stub_).*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  // For streams and asynchronous calls, whose context and deadline are the caller's.
  [[nodiscard]] Stub& stub() { return *stub_; }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  const Options options_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace trellis::client

#endif  // CLIENTS_CPP_CLIENT_H_
