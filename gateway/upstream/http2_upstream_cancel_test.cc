// Deadlines and cancellation of unary calls.
#include <boost/asio/ip/tcp.hpp>

#include "gateway/upstream/testing/upstream_fixture.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using rpc::CallContext;
using rpc::testing::EchoRequest;
using rpc::testing::EchoResponse;
using Result = absl::StatusOr<EchoResponse>;

asio::awaitable<Result> Answer(CallContext, const EchoRequest&) { co_return EchoResponse(); }

asio::awaitable<Result> NeverAnswer(CallContext, const EchoRequest&) {
  co_await rpc::testing::WaitForEver();
  co_return EchoResponse();
}

class Http2UpstreamCancelTest : public testing::UpstreamFixture {
 protected:
  // On the reactor, as the call wants it.
  static asio::awaitable<void> Cancel(CancelHandle& handle) {
    EXPECT_TRUE(static_cast<bool>(handle.cancel));
    if (handle.cancel) handle.cancel();
    co_return;
  }

  CancelHandle cancel_;
};

TEST_F(Http2UpstreamCancelTest, CallsGoOnSideBySide) {
  ServeEcho(NeverAnswer);
  constexpr int kCalls = 50;
  std::vector<CancelHandle> handles(kCalls);
  std::vector<std::future<UnaryResult>> calls;
  calls.reserve(kCalls);
  for (CancelHandle& handle : handles) {
    calls.push_back(Spawn(upstream_->Unary(call_, request_, &response_, &handle)));
  }
  EXPECT_TRUE(WaitInFlight(kCalls));
  for (CancelHandle& handle : handles) Await(Cancel(handle));
  for (auto& call : calls) EXPECT_EQ(call.get().status.code(), absl::StatusCode::kCancelled);
}

TEST_F(Http2UpstreamCancelTest, DeadlineEndsTheCallOnBothSides) {
  ServeEcho(NeverAnswer);
  call_.deadline = base::Deadline::After(base::milliseconds(100));
  EXPECT_EQ(CallCode(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(Http2UpstreamCancelTest, ServerKnowsTheDeadline) {
  base::milliseconds left{};
  ServeEcho([&left](CallContext context, const EchoRequest&) -> asio::awaitable<Result> {
    left = context.deadline.Remaining();
    co_return EchoResponse();
  });
  call_.deadline = base::Deadline::After(base::milliseconds(10'000));
  ASSERT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_GT(left, base::milliseconds(0));
  EXPECT_LE(left, base::milliseconds(10'000));
}

TEST_F(Http2UpstreamCancelTest, CallAfterItsDeadlineIsNotMade) {
  ServeEcho([this](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    ++count_;
    co_return EchoResponse();
  });
  ASSERT_EQ(CallCode(), absl::StatusCode::kOk);
  call_.deadline = base::Deadline::After(base::milliseconds(-1));
  EXPECT_EQ(CallCode(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(count_, 1);
}

TEST_F(Http2UpstreamCancelTest, CancelEndsTheCallOnBothSides) {
  ServeEcho(NeverAnswer);
  auto call = Spawn(upstream_->Unary(call_, request_, &response_, &cancel_));
  ASSERT_TRUE(WaitInFlight(1));
  Await(Cancel(cancel_));
  EXPECT_EQ(call.get().status.code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(Http2UpstreamCancelTest, CallMayBeCancelledWhileItWaitsForAConnection) {
  asio::io_context context;  // nobody ever speaks there
  const tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  ConnectTo("127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
  auto call = Spawn(upstream_->Unary(call_, request_, &response_, &cancel_));
  Await(Cancel(cancel_));
  EXPECT_EQ(call.get().status.code(), absl::StatusCode::kCancelled);
}

TEST_F(Http2UpstreamCancelTest, CallThatHasEndedHasNothingToCancel) {
  ServeEcho(Answer);
  ASSERT_TRUE(Await(upstream_->Unary(call_, request_, &response_, &cancel_)).status.ok());
  EXPECT_FALSE(static_cast<bool>(cancel_.cancel));
}

}  // namespace
}  // namespace trellis::gateway
