// Server-streaming calls that end early.
#include "gateway/upstream/testing/stream_fixture.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using rpc::CallContext;
using rpc::testing::EchoRequest;
using testing::Count;
using testing::SayOneAndWait;
using Event = UpstreamStream::Event;
using Http2UpstreamStreamEndTest = testing::StreamFixture;

asio::awaitable<absl::Status> WaitOnly(CallContext, const EchoRequest&, testing::StreamWriter&) {
  co_await rpc::testing::WaitForEver();
  co_return absl::OkStatus();
}

TEST_F(Http2UpstreamStreamEndTest, DestroyingTheStreamCancelsTheCall) {
  Start(SayOneAndWait, 1);
  ASSERT_EQ(Read(), Event::kMessage);
  EXPECT_TRUE(WaitInFlight(1));
  Await(Destroy());
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(Http2UpstreamStreamEndTest, DestroyingTheStreamStopsAServerThatWrites) {
  request_.set_text(std::string(64 * 1024, 'x'));
  Start(Count, -1);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Read(), Event::kMessage);
  Await(Destroy());
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(Http2UpstreamStreamEndTest, CancelEndsTheStream) {
  Start(SayOneAndWait, 1);
  ASSERT_EQ(Read(), Event::kMessage);
  Await(Cancel());
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_EQ(stream_->status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(Http2UpstreamStreamEndTest, CancelWakesTheReader) {
  Start(WaitOnly, 0);
  auto reading = Spawn(stream_->Read(kPatience));
  ASSERT_TRUE(WaitInFlight(1));
  Await(Cancel());
  EXPECT_EQ(reading.get(), Event::kEnd);
}

TEST_F(Http2UpstreamStreamEndTest, CallThatIsCancelledBeforeTheFirstReadIsNotMade) {
  Start(Count, 1);
  Await(Cancel());
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_EQ(stream_->status().code(), absl::StatusCode::kCancelled);
}

TEST_F(Http2UpstreamStreamEndTest, DeadlineEndsTheStream) {
  call_.deadline = base::Deadline::After(base::milliseconds(100));
  Start(WaitOnly, 0);
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_EQ(stream_->status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(Http2UpstreamStreamEndTest, IsUnavailableWhileNoServerIsThere) {
  ConnectTo("127.0.0.1:" + std::to_string(base::testing::FreePort()));
  Await(Open());
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_EQ(stream_->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(Http2UpstreamStreamEndTest, IsUnavailableWhenTheServerGoes) {
  Start(SayOneAndWait, 1);
  ASSERT_EQ(Read(), Event::kMessage);
  server_.reset();
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_FALSE(stream_->status().ok());
}

}  // namespace
}  // namespace trellis::gateway
