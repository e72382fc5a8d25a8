// Server-streaming calls through a real server.
#include <gmock/gmock.h>

#include "mesh/base/testing/subprocess.h"
#include "mesh/rpc/testing/echo_server.h"

namespace trellis::rpc {
namespace {

namespace asio = boost::asio;
using base::testing::WaitUntil;
using testing::EchoHandlers;
using testing::EchoRequest;
using testing::EchoResponse;
using testing::EchoServer;
using ::testing::HasSubstr;
using Writer = StreamWriter<EchoResponse>;

// Writes `count` messages, or for ever when it is negative.
asio::awaitable<absl::Status> Count(CallContext, const EchoRequest& request, Writer& writer) {
  bool alive = true;
  for (int i = 0; alive && i != request.count(); ++i) {
    EchoResponse message;
    message.set_index(i);
    alive = co_await writer.Write(std::move(message));
  }
  if (!alive) co_return absl::CancelledError("the client has gone");
  co_return absl::OkStatus();
}

class StreamingTest : public ::testing::Test {
 protected:
  void Start(decltype(EchoHandlers::stream) handler, RuntimeOptions options = {}) {
    EchoHandlers handlers;
    handlers.stream = std::move(handler);
    server_ = std::make_unique<EchoServer>(std::move(handlers), std::move(options));
    stub_ = server_->Stub();
  }

  std::unique_ptr<grpc::ClientReader<EchoResponse>> Call(int count) {
    EchoRequest request;
    request.set_count(count);
    return stub_->EchoStream(&context_, request);
  }

  bool WaitInFlight(int count) {
    return WaitUntil([this, count] { return server_->runtime().in_flight() == count; });
  }

  std::unique_ptr<EchoServer> server_;
  std::unique_ptr<testing::EchoService::Stub> stub_;
  grpc::ClientContext context_;
  EchoResponse message_;
};

TEST_F(StreamingTest, MessagesComeInOrder) {
  Start(Count);
  auto reader = Call(1000);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(reader->Read(&message_)) << i;
    ASSERT_EQ(message_.index(), i);
  }
  EXPECT_FALSE(reader->Read(&message_));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(StreamingTest, MayHaveNoMessage) {
  Start(Count);
  auto reader = Call(0);
  EXPECT_FALSE(reader->Read(&message_));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(StreamingTest, ErrorFollowsTheMessages) {
  const absl::Status error = base::InvalidField("count", "is odd");
  Start([&error](CallContext, const EchoRequest&, Writer& writer) -> asio::awaitable<absl::Status> {
    EchoResponse message;
    (void)co_await writer.Write(std::move(message));
    co_return error;
  });
  auto reader = Call(1);
  EXPECT_TRUE(reader->Read(&message_));
  EXPECT_FALSE(reader->Read(&message_));
  EXPECT_EQ(FromGrpc(reader->Finish()), error);
}

TEST_F(StreamingTest, ThrownExceptionIsInternal) {
  Start([](CallContext, const EchoRequest&, Writer&) -> asio::awaitable<absl::Status> {
    throw std::runtime_error("secret detail");
    co_return absl::OkStatus();
  });
  auto reader = Call(1);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(StreamingTest, CancellationEndsAHandlerThatWrites) {
  Start(Count);
  auto reader = Call(-1);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(reader->Read(&message_));
  context_.TryCancel();
  while (reader->Read(&message_)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(StreamingTest, CancellationEndsAHandlerThatWaits) {
  Start([](CallContext, const EchoRequest&, Writer& writer) -> asio::awaitable<absl::Status> {
    EchoResponse message;
    (void)co_await writer.Write(std::move(message));
    co_await testing::WaitForEver();
    co_return absl::OkStatus();
  });
  auto reader = Call(1);
  ASSERT_TRUE(reader->Read(&message_));
  context_.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(StreamingTest, ClientThatDoesNotReadHoldsTheHandlerBack) {
  std::atomic<int> written{0};
  Start(
      [&written](CallContext, const EchoRequest&, Writer& writer) -> asio::awaitable<absl::Status> {
        bool alive = true;
        while (alive) {
          EchoResponse message;
          message.set_text(std::string(1024 * 1024, 'x'));
          alive = co_await writer.Write(std::move(message));
          ++written;
        }
        co_return absl::OkStatus();
      });
  auto reader = Call(-1);
  ASSERT_TRUE(reader->Read(&message_));
  // Once flow control has stopped it, it goes on only when more is read.
  int before = -1;
  ASSERT_TRUE(WaitUntil([&] { return std::exchange(before, written.load()) == written; }));
  const int held = written;
  EXPECT_LT(held, 64);
  for (int i = 0; i < held + 10; ++i) ASSERT_TRUE(reader->Read(&message_));
  EXPECT_GT(written, held);
  context_.TryCancel();
  EXPECT_TRUE(WaitInFlight(0));
  (void)reader->Finish();
}

TEST_F(StreamingTest, IsNotBoundedByTheServersDeadline) {
  RuntimeOptions options;
  options.max_deadline = base::milliseconds(0);
  std::atomic<bool> infinite{false};
  Start(
      [&infinite](CallContext context, const EchoRequest&,
                  Writer&) -> asio::awaitable<absl::Status> {
        infinite = context.deadline.IsInfinite();
        co_return absl::OkStatus();
      },
      options);
  auto reader = Call(0);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(infinite);
}

TEST_F(StreamingTest, OverTheLimitIsRefused) {
  RuntimeOptions options;
  options.max_in_flight = 0;
  Start(Count, options);
  auto reader = Call(1);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(StreamingTest, IsCountedWhenItEnds) {
  Start(Count);
  auto reader = Call(3);
  while (reader->Read(&message_)) {
  }
  ASSERT_TRUE(reader->Finish().ok());
  EXPECT_THAT(server_->metrics().Text(),
              HasSubstr("trellis_rpc_calls_total{code=\"OK\",method="
                        "\"trellis.rpc.testing.EchoService/EchoStream\"} 1\n"));
}

}  // namespace
}  // namespace trellis::rpc
