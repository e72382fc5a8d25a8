#ifndef TESTS_BENCH_POST_GRPC_CONNECTION_H_
#define TESTS_BENCH_POST_GRPC_CONNECTION_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace trellis::bench {

// Unary gRPC calls over one HTTP/2 connection (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md), by
// nghttp2 and a plain socket on one thread. For a load generator that shares the machine with what
// it measures: a call costs a fraction of what it costs on gRPC's channel. Messages go and come in
// their serialized form. Not thread-safe. What goes wrong ends the process with a message.
class GrpcConnection {
 public:
  // The answer to a call that succeeded: the serialized message, as long as the callback runs.
  using OnAnswer = std::function<void(int caller, std::string_view message)>;

  // host:port. `rpc_path` is "/package.Service/Method".
  GrpcConnection(const std::string& address, std::string rpc_path, OnAnswer on_answer);
  ~GrpcConnection();
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  // Begins a call; it leaves with the next Turn. May be called from within
  // on_answer.
  void Call(int caller, const std::string& message);
  // Sends what there is, waits for something to come and hands out the answers.
  void Turn();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

// Says what is wrong and ends the process.
[[noreturn]] void Die(const std::string& why);

}  // namespace trellis::bench

#endif  // TESTS_BENCH_POST_GRPC_CONNECTION_H_
