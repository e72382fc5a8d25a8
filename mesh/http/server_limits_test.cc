// Limits of size, time and number: what a server refuses by itself.
#include "mesh/http/testing/server_fixture.h"

namespace trellis::http {
namespace {

namespace asio = boost::asio;
using base::milliseconds;
using ::testing::HasSubstr;
using testing::RawClient;
using testing::RawResponse;

class LimitsTest : public testing::ServerTest {};

TEST_F(LimitsTest, HeaderOverTheLimitGets431) {
  options_.header_limit = 1024;
  Start();
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'a') + "\r\n\r\n");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 431);
  EXPECT_EQ(response.Find("Connection"), "close");
}

TEST_F(LimitsTest, HeaderThatNeverEndsGets431) {
  options_.header_limit = 1024;
  Start();
  for (const char* start : {"GET /", "GET / HTTP/1.1\r\nHost: x\r\nX: "}) {
    RawClient client(server_->port());
    client.Send(start + std::string(20'000, 'a'));
    EXPECT_EQ(client.Read().status, 431) << start;
  }
}

TEST_F(LimitsTest, ManySmallHeadersOverTheLimitGet431) {
  options_.header_limit = 1024;
  Start();
  RawClient client(server_->port());
  std::string request = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 200; ++i) request += "A: b\r\n";
  client.Send(request + "\r\n");
  EXPECT_EQ(client.Read().status, 431);
}

TEST_F(LimitsTest, BodyAtTheLimitIsTaken) {
  options_.body_limit = 1000;
  Start();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" +
              std::string(1000, 'a'));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(LimitsTest, BodyOverTheLimitGets413BeforeItIsSent) {
  options_.body_limit = 1000;
  Start();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.Find("Connection"), "close");
  EXPECT_THAT(response.body, HasSubstr("larger than the limit"));
}

TEST_F(LimitsTest, ChunkedBodyOverTheLimitGets413) {
  options_.body_limit = 1000;
  Start();
  RawClient client(server_->port());
  std::string request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) request += "64\r\n" + std::string(100, 'a') + "\r\n";
  client.Send(request + "0\r\n\r\n");
  EXPECT_EQ(client.Read().status, 413);
}

TEST_F(LimitsTest, ClientThatIsStillSendingGetsItsResponse) {
  options_.body_limit = 1024 * 1024;
  Start();
  for (int round = 0; round < 10; ++round) {
    RawClient client(server_->port());
    client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n");
    client.Send(std::string(3'000'000, 'a'));
    ASSERT_EQ(client.Read().status, 413);
  }
}

TEST_F(LimitsTest, RefusedClientThatStaysIsCut) {
  options_.body_limit = 1000;
  Start();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
  EXPECT_EQ(client.Read().status, 413);
  EXPECT_TRUE(WaitConnections(0));
}

TEST_F(LimitsTest, SlowHeaderIsCutWith408) {
  options_.read_timeout = milliseconds(200);
  Start();
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHo");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 408);
  EXPECT_THAT(response.body, HasSubstr("\"code\":4"));
  EXPECT_TRUE(client.WaitClosed());
}

TEST_F(LimitsTest, SlowBodyIsCutWith408) {
  options_.read_timeout = milliseconds(200);
  Start();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this");
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.WaitClosed());
}

TEST_F(LimitsTest, DripDoesNotProlongTheTimeForARequest) {
  options_.read_timeout = milliseconds(300);
  Start();
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nX: ");
  EXPECT_TRUE(base::testing::WaitUntil([&client] { return !client.Send("a"); }));
}

TEST_F(LimitsTest, HandlerMayTakeLongerThanTheReadTimeout) {
  options_.read_timeout = milliseconds(100);
  options_.idle_timeout = milliseconds(100);
  Start([this](const Request& request, Responder& responder) -> asio::awaitable<void> {
    if (request.path == "/slow") co_await gate_.Wait();
    co_await testing::Echo(request, responder);
  });
  RawClient slow(server_->port());
  slow.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(base::testing::WaitUntil([this] { return gate_.waiting() == 1; }));
  // That a connection made later is cut shows that the sweep has seen this one over its time.
  RawClient idle(server_->port());
  ASSERT_TRUE(idle.WaitClosed());
  gate_.Open();
  EXPECT_EQ(slow.Read().status, 200);
}

TEST_F(LimitsTest, IdleConnectionIsCutWithoutAWord) {
  options_.idle_timeout = milliseconds(200);
  Start();
  RawClient fresh(server_->port());
  RawClient used(server_->port());
  used.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(used.Read().status, 200);
  EXPECT_TRUE(fresh.WaitClosed());
  EXPECT_TRUE(used.WaitClosed());
  EXPECT_TRUE(WaitConnections(0));
}

TEST_F(LimitsTest, ClientThatDoesNotReadIsCut) {
  options_.write_timeout = milliseconds(200);
  std::atomic<int> sent{-1};
  Start([&sent](const Request&, Responder& responder) -> asio::awaitable<void> {
    Response response;
    response.body.assign(64 * 1024 * 1024, 'x');
    const bool ok = co_await responder.Send(std::move(response));
    sent = ok ? 1 : 0;
  });
  RawClient client(server_->port(), 4096);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(base::testing::WaitUntil([&sent] { return sent != -1; }));
  EXPECT_EQ(sent, 0);
  EXPECT_TRUE(WaitConnections(0));
}

TEST_F(LimitsTest, ConnectionsOverTheCapAreClosed) {
  options_.max_connections = 2;
  Start();
  RawClient first(server_->port());
  RawClient second(server_->port());
  ASSERT_TRUE(WaitConnections(2));
  RawClient third(server_->port());
  EXPECT_TRUE(third.WaitClosed());
  EXPECT_EQ(server_->connections(), 2);
  second.Close();
  ASSERT_TRUE(WaitConnections(1));
  EXPECT_TRUE(Answers());
}

}  // namespace
}  // namespace trellis::http
