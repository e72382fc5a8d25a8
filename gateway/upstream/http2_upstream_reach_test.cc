// Servers that are there, come, go, fail, and those that are not.
#include <boost/asio/ip/tcp.hpp>
#include <mutex>
#include <set>

#include "gateway/upstream/testing/plain_echo_server.h"
#include "gateway/upstream/testing/upstream_fixture.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using base::testing::WaitUntil;
using rpc::CallContext;
using rpc::testing::EchoHandlers;
using rpc::testing::EchoRequest;
using rpc::testing::EchoResponse;
using Result = absl::StatusOr<EchoResponse>;
using asio::ip::tcp;

asio::awaitable<Result> Answer(CallContext, const EchoRequest&) { co_return EchoResponse(); }

class Http2UpstreamReachTest : public testing::UpstreamFixture {
 protected:
  // A server whose first `failures` calls answer UNAVAILABLE.
  void Start(int failures, int port = 0) {
    EchoHandlers handlers;
    handlers.echo = [this, failures](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
      if (++count_ <= failures) co_return absl::UnavailableError("not now");
      co_return EchoResponse();
    };
    Serve(std::move(handlers), port);
  }

  // Calls one after the other until told to stop; the first error, or OK.
  asio::awaitable<absl::Status> CallAgainAndAgain() {
    absl::Status status;
    while (!stop_ && status.ok()) {
      EchoResponse response;
      UnaryResult result = co_await upstream_->Unary(call_, request_, &response, nullptr);
      status = std::move(result.status);
    }
    co_return status;
  }

  std::atomic<bool> stop_{false};
};

TEST_F(Http2UpstreamReachTest, CallFailsAtOnceWhileNoServerIsThere) {
  ConnectTo("127.0.0.1:" + std::to_string(base::testing::FreePort()));
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnavailable);
  EXPECT_GT(call_.deadline.Remaining(), kPatience / 2);
}

TEST_F(Http2UpstreamReachTest, RecoversWhenTheServerComesBack) {
  Start(0);
  ASSERT_EQ(CallCode(), absl::StatusCode::kOk);
  const int port = server_->server().port();
  server_.reset();
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnavailable);
  Start(0, port);
  EXPECT_TRUE(WaitUntil([this] { return CallCode() == absl::StatusCode::kOk; }));
}

TEST_F(Http2UpstreamReachTest, SaysWhetherAServerIsThere) {
  Start(0);
  EXPECT_TRUE(WaitUntil([this] { return upstream_->Connected(); }));
  server_.reset();
  EXPECT_TRUE(WaitUntil([this] { return !upstream_->Connected(); }));
}

TEST_F(Http2UpstreamReachTest, FirstCallWaitsForTheConnection) {
  Start(0);
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
}

TEST_F(Http2UpstreamReachTest, IdempotentCallIsMadeAgainAfterUnavailable) {
  call_.idempotent = true;
  Start(2);
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamReachTest, IdempotentCallIsMadeThreeTimesAtMost) {
  call_.idempotent = true;
  Start(1000);
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(count_, 3);
}

TEST_F(Http2UpstreamReachTest, OtherCallIsMadeOnce) {
  Start(1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(count_, 1);
}

TEST_F(Http2UpstreamReachTest, RetriesOfAnOutageAreKeptToABudget) {
  call_.idempotent = true;
  Start(1'000'000);
  std::vector<std::future<UnaryResult>> calls;
  calls.reserve(200);
  for (int i = 0; i < 200; ++i) {
    calls.push_back(Spawn(upstream_->Unary(call_, request_, &response_, nullptr)));
  }
  for (auto& call : calls) EXPECT_EQ(call.get().status.code(), absl::StatusCode::kUnavailable);
  EXPECT_LE(count_, 200 + 100 + 20) << "the calls, the budget and a tenth of the calls";
}

TEST_F(Http2UpstreamReachTest, NoCallFailsWhenConnectionsAge) {
  std::mutex mutex;
  std::set<std::string> connections;
  rpc::ServerOptions options;
  options.max_connection_age = base::milliseconds(30);
  testing::PlainEchoServer server(
      [&](auto& context, EchoResponse*) {
        const std::lock_guard lock(mutex);
        connections.insert(context.peer());
        return grpc::Status::OK;
      },
      options);
  ConnectTo(server.address());
  std::vector<std::future<absl::Status>> callers;
  for (size_t i = 0; i < 8; ++i) callers.push_back(Spawn(CallAgainAndAgain(), i % 2));
  EXPECT_TRUE(WaitUntil([&] {
    const std::lock_guard lock(mutex);
    return connections.size() >= 20;
  }));
  stop_ = true;
  for (auto& caller : callers) EXPECT_EQ(caller.get(), absl::OkStatus());
}

// The kernel accepts; nobody ever reads.
TEST_F(Http2UpstreamReachTest, PeerThatNeverSpeaksIsUnavailable) {
  asio::io_context context;
  const tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  ConnectTo("127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(call_.deadline.Expired());
  EXPECT_FALSE(upstream_->Connected());
}

TEST_F(Http2UpstreamReachTest, DeadlineMayPassWhileConnecting) {
  asio::io_context context;
  const tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  ConnectTo("127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
  call_.deadline = base::Deadline::After(base::milliseconds(50));
  EXPECT_EQ(CallCode(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(Http2UpstreamReachTest, TargetMayHaveTheSchemeOfDns) {
  server_.emplace(EchoHandlers{.echo = Answer, .stream = nullptr});
  ConnectTo("dns:///" + server_->address());
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
}

TEST_F(Http2UpstreamReachTest, OtherTargetsAreRefused) {
  for (const std::string target :
       {"", "host", "50051", ":50051", "host:", "host:0", "host:65536", "host:http", "dns:///",
        "dns:///host", "dns://8.8.8.8/host:1", "unix:/socket", "ipv4:127.0.0.1:1", "host:1/path",
        "http://host:1", "a b:1", "::1:1"}) {
    EXPECT_EQ(MakeHttp2Upstream(reactors_, target).status().code(),
              absl::StatusCode::kInvalidArgument)
        << "'" << target << "'";
  }
}

}  // namespace
}  // namespace trellis::gateway
