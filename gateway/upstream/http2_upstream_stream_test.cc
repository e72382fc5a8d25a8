// The messages and the status of server-streaming calls.
#include "gateway/upstream/testing/stream_fixture.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using base::testing::WaitUntil;
using rpc::CallContext;
using rpc::testing::EchoRequest;
using rpc::testing::EchoResponse;
using testing::Count;
using testing::SayOneAndWait;
using Event = UpstreamStream::Event;
using Writer = testing::StreamWriter;
using Http2UpstreamStreamTest = testing::StreamFixture;

TEST_F(Http2UpstreamStreamTest, MessagesComeInOrder) {
  Start(Count, 1000);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(Read(), Event::kMessage) << i;
    ASSERT_EQ(index(), i);
  }
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_TRUE(stream_->status().ok());
}

TEST_F(Http2UpstreamStreamTest, MayHaveNoMessage) {
  Start(Count, 0);
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_TRUE(stream_->status().ok());
}

TEST_F(Http2UpstreamStreamTest, EndStaysTheEnd) {
  Start(Count, 0);
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_EQ(Read(), Event::kEnd);
}

TEST_F(Http2UpstreamStreamTest, ErrorMayComeAtOnce) {
  const absl::Status error = base::InvalidField("count", "is odd");
  Start([&error](CallContext, const EchoRequest&,
                 Writer&) -> asio::awaitable<absl::Status> { co_return error; },
        1);
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_EQ(stream_->status(), error);
}

TEST_F(Http2UpstreamStreamTest, ErrorMayFollowMessages) {
  Start(
      [](CallContext, const EchoRequest&, Writer& writer) -> asio::awaitable<absl::Status> {
        EchoResponse message;
        (void)co_await writer.Write(std::move(message));
        co_return absl::AbortedError("conflict");
      },
      1);
  EXPECT_EQ(Read(), Event::kMessage);
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_EQ(stream_->status(), absl::AbortedError("conflict"));
}

TEST_F(Http2UpstreamStreamTest, SlowReaderHoldsTheServerBack) {
  Start(
      [this](CallContext, const EchoRequest&, Writer& writer) -> asio::awaitable<absl::Status> {
        bool alive = true;
        while (alive) {
          EchoResponse message;
          message.set_index(count_);
          message.set_text(std::string(64 * 1024, 'x'));
          alive = co_await writer.Write(std::move(message));
          ++count_;
        }
        co_return absl::OkStatus();
      },
      -1);
  ASSERT_EQ(Read(), Event::kMessage);
  // Once flow control has stopped it, it goes on only when more is read.
  int before = -1;
  ASSERT_TRUE(WaitUntil([&] { return std::exchange(before, count_.load()) == count_; }));
  const int held = count_;
  EXPECT_LT(held, 64);
  for (int i = 1; i < held + 10; ++i) {
    ASSERT_EQ(Read(), Event::kMessage);
    ASSERT_EQ(index(), i);
  }
  EXPECT_GT(count_, held);
}

TEST_F(Http2UpstreamStreamTest, MessageMayBeLargerThanTheWindow) {
  request_.set_text(std::string(3 * 1024 * 1024, 'x'));
  Start(Count, 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Read(), Event::kMessage);
    EXPECT_EQ(index(), i);
  }
  EXPECT_EQ(Read(), Event::kEnd);
  EXPECT_TRUE(stream_->status().ok()) << stream_->status();
}

TEST_F(Http2UpstreamStreamTest, IsIdleWhileNothingComes) {
  Start(SayOneAndWait, 1);
  ASSERT_EQ(Read(), Event::kMessage);
  EXPECT_EQ(Read(base::milliseconds(20)), Event::kIdle);
  EXPECT_EQ(Read(base::milliseconds(20)), Event::kIdle) << "and may be asked again";
}

}  // namespace
}  // namespace trellis::gateway
