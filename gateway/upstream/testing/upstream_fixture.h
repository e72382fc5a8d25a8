#ifndef GATEWAY_UPSTREAM_TESTING_UPSTREAM_FIXTURE_H_
#define GATEWAY_UPSTREAM_TESTING_UPSTREAM_FIXTURE_H_

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <optional>
#include <string>

#include "gateway/upstream/http2_upstream.h"
#include "mesh/base/testing/subprocess.h"
#include "mesh/rpc/testing/echo_server.h"

namespace trellis::gateway::testing {

using rpc::testing::EchoHandlers;
using rpc::testing::EchoRequest;
using rpc::testing::EchoResponse;
using rpc::testing::EchoServer;

// An upstream on reactors of its own, called from the test's thread, and an echo server.
class UpstreamFixture : public ::testing::Test {
 protected:
  static constexpr base::milliseconds kPatience{20'000};

  UpstreamFixture() {
    call_.rpc_path = "/trellis.rpc.testing.EchoService/Echo";
    call_.deadline = base::Deadline::After(kPatience);
    reactors_.Start();
  }
  ~UpstreamFixture() override {
    reactors_.Stop();
    upstream_.reset();
  }

  void ConnectTo(const std::string& target) {
    auto made = MakeHttp2Upstream(reactors_, target);
    ASSERT_TRUE(made.ok()) << made.status();
    upstream_ = std::move(*made);
  }
  void Serve(EchoHandlers handlers, int port = 0) {
    server_.emplace(std::move(handlers), rpc::RuntimeOptions{}, port);
    if (upstream_ == nullptr) ConnectTo(server_->address());
  }

  void ServeEcho(decltype(EchoHandlers::echo) echo) {
    EchoHandlers handlers;
    handlers.echo = std::move(echo);
    Serve(std::move(handlers));
  }

  // Runs it on a reactor and waits for its end.
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine, size_t reactor = 0) {
    return Spawn(std::move(coroutine), reactor).get();
  }
  template <typename T>
  std::future<T> Spawn(boost::asio::awaitable<T> coroutine, size_t reactor = 0) {
    return boost::asio::co_spawn(reactors_[reactor], std::move(coroutine), boost::asio::use_future);
  }

  UnaryResult Call() { return Await(upstream_->Unary(call_, request_, &response_, nullptr)); }
  absl::StatusCode CallCode() { return Call().status.code(); }

  bool WaitInFlight(int count) {
    return base::testing::WaitUntil(
        [this, count] { return server_->runtime().in_flight() == count; });
  }

  base::Reactors reactors_{2};
  std::atomic<int> count_{0};  // what handlers have done
  std::optional<EchoServer> server_;
  std::unique_ptr<Upstream> upstream_;
  OutgoingCall call_;
  EchoRequest request_;
  EchoResponse response_;
};

}  // namespace trellis::gateway::testing

#endif  // GATEWAY_UPSTREAM_TESTING_UPSTREAM_FIXTURE_H_
