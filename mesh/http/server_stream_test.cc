// Streamed responses, and clients that go away.
#include "mesh/http/testing/server_fixture.h"

namespace trellis::http {
namespace {

namespace asio = boost::asio;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using testing::RawResponse;

class StreamTest : public testing::ServerTest {
 protected:
  // Streams "one", "", "two" (and waits before "two" when `gate` is given).
  static asio::awaitable<void> Stream(testing::Gate* gate, bool head_request,
                                      Responder& responder) {
    Response head;
    head.content_type = "application/x-ndjson";
    head.body = "ignored";
    const bool started = co_await responder.StartStream(std::move(head));
    const bool first = co_await responder.Write("one");
    const bool empty = co_await responder.Write("");
    if (gate != nullptr) co_await gate->Wait();
    const bool second = co_await responder.Write("two");
    EXPECT_TRUE(started && empty);
    EXPECT_EQ(first && second, !head_request);
  }

  void StartStreaming(testing::Gate* gate = nullptr) {
    Start([gate](const Request& request, Responder& responder) -> asio::awaitable<void> {
      if (request.path != "/stream") {
        co_await testing::Echo(request, responder);
      } else {
        co_await Stream(gate, request.method == "HEAD", responder);
      }
    });
  }
};

TEST_F(StreamTest, IsChunkedAndTheConnectionIsKept) {
  StartStreaming();
  RawClient client(server_->port());
  client.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Find("Transfer-Encoding"), "chunked");
  EXPECT_EQ(response.Find("Content-Length"), "");
  EXPECT_EQ(response.Find("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(response.body, "onetwo");
  client.Send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read().body, "GET /next  ");
}

TEST_F(StreamTest, EachWriteLeavesAtOnce) {
  StartStreaming(&gate_);
  RawClient client(server_->port());
  client.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("one\r\n"), HasSubstr("\r\n\r\n3\r\none\r\n"));
  gate_.Open();
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "3\r\ntwo\r\n0\r\n\r\n");
}

TEST_F(StreamTest, ToHttp10HasNoChunksAndEndsWithTheConnection) {
  StartStreaming();
  RawClient client(server_->port());
  client.Send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string all = client.ReadToEnd();
  EXPECT_THAT(all, AllOf(HasSubstr("Connection: close\r\n"), Not(HasSubstr("Transfer-Encoding")),
                         Not(HasSubstr("Content-Length")), ::testing::EndsWith("\r\n\r\nonetwo")));
}

TEST_F(StreamTest, ToHeadIsItsHeadAlone) {
  StartStreaming();
  RawClient client(server_->port());
  client.Send(
      "HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read(true).status, 200);
  EXPECT_EQ(client.Read().body, "GET /next  ");
}

TEST_F(StreamTest, ThatFailsEndsWithoutTheLastChunk) {
  Start([](const Request&, Responder& responder) -> asio::awaitable<void> {
    Response head;
    (void)co_await responder.StartStream(std::move(head));
    (void)co_await responder.Write("one");
    throw std::runtime_error("on purpose");
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), ::testing::EndsWith("\r\n\r\n3\r\none\r\n"));
}

TEST_F(StreamTest, HandlerIsToldThatTheClientHasGone) {
  std::atomic<int> told{0};
  Start([this, &told](const Request&, Responder& responder) -> asio::awaitable<void> {
    responder.OnClientGone([this, &told] {
      ++told;
      gate_.Open();
    });
    co_await gate_.Wait();
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(base::testing::WaitUntil([this] { return gate_.waiting() == 1; }));
  EXPECT_EQ(told, 0);
  client.Close();
  EXPECT_TRUE(WaitConnections(0));
  EXPECT_EQ(told, 1);
}

TEST_F(StreamTest, WriteSaysThatTheClientHasGone) {
  std::atomic<bool> ended{false};
  Start([&ended](const Request&, Responder& responder) -> asio::awaitable<void> {
    Response head;
    bool alive = co_await responder.StartStream(std::move(head));
    const std::string bytes(64 * 1024, 'x');
    while (alive) alive = co_await responder.Write(bytes);
    ended = true;
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(client.ReadBytes(100'000).size(), 100'000u);
  client.Close();
  EXPECT_TRUE(base::testing::WaitUntil([&ended] { return ended.load(); }));
}

TEST_F(StreamTest, OnClientGoneIsForgottenWithItsRequest) {
  std::atomic<int> told{0};
  Start([&told](const Request& request, Responder& responder) -> asio::awaitable<void> {
    responder.OnClientGone([&told] { ++told; });
    co_await testing::Echo(request, responder);
  });
  {
    RawClient client(server_->port());
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(client.Read().status, 200);
  }
  EXPECT_TRUE(WaitConnections(0));
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace trellis::http
