// Starting, draining and destroying a server.
#include <future>

#include "mesh/http/testing/server_fixture.h"

namespace trellis::http {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using base::testing::WaitUntil;
using ::testing::HasSubstr;
using testing::RawClient;

class LifecycleTest : public testing::ServerTest {
 protected:
  // A server whose handler for /wait waits at the gate; whoever has gone opens it.
  void StartWaiting() {
    Start([this](const Request& request, Responder& responder) -> asio::awaitable<void> {
      responder.OnClientGone([this] { gate_.Open(); });
      if (request.path == "/wait") co_await gate_.Wait();
      co_await testing::Echo(request, responder);
    });
  }

  std::future<void> DrainWithin(milliseconds patience) {
    return std::async(std::launch::async,
                      [this, patience] { server_->Drain(Deadline::After(patience)); });
  }
};

TEST_F(LifecycleTest, PortTakenNamesTheAddress) {
  Start();
  ServerOptions options;
  options.address = "127.0.0.1:" + std::to_string(server_->port());
  Server second(reactors_, options, *handler_);
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(base::MessageOf(status), HasSubstr(options.address));
  EXPECT_THAT(base::MessageOf(status), HasSubstr("in use"));
}

TEST_F(LifecycleTest, ServersOfTwoThreadsCannotShareAPortEither) {
  base::Reactors two(2);
  testing::FunctionHandler handler(testing::Echo);
  two.Start();
  ServerOptions options;
  options.address = "127.0.0.1:0";
  Server first(two, options, handler);
  ASSERT_TRUE(first.Start().ok());
  options.address = "127.0.0.1:" + std::to_string(first.port());
  Server second(two, options, handler);
  EXPECT_FALSE(second.Start().ok());
}

TEST_F(LifecycleTest, AddressThatIsNotOfThisMachineIsNamed) {
  testing::FunctionHandler handler(testing::Echo);
  ServerOptions options;
  options.address = "192.0.2.1:0";  // TEST-NET-1, RFC 5737
  Server server(reactors_, options, handler);
  EXPECT_THAT(base::MessageOf(server.Start()), HasSubstr("192.0.2.1:0"));
}

TEST_F(LifecycleTest, AllReactorsServe) {
  base::Reactors two(2);
  std::atomic<int> served[2] = {0, 0};
  testing::FunctionHandler handler(
      [&served](const Request& request, Responder& responder) -> asio::awaitable<void> {
        ++served[responder.reactor()];
        co_await testing::Echo(request, responder);
      });
  two.Start();
  ServerOptions options;
  options.address = "127.0.0.1:0";
  Server server(two, options, handler);
  ASSERT_TRUE(server.Start().ok());
  // The kernel spreads connections by a hash of their ports.
  EXPECT_TRUE(WaitUntil([&] {
    RawClient client(server.port());
    client.Send("GET / HTTP/1.0\r\n\r\n");
    return client.Read().status == 200 && served[0] > 0 && served[1] > 0;
  }));
}

TEST_F(LifecycleTest, DrainLetsARequestUnderWayEnd) {
  StartWaiting();
  RawClient client(server_->port());
  client.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(WaitUntil([this] { return gate_.waiting() == 1; }));
  std::future<void> drain = DrainWithin(milliseconds(10'000));
  ASSERT_TRUE(WaitUntil([this] { return !RawClient(server_->port()).connected(); }));
  gate_.Open();
  const testing::RawResponse response = client.Read();
  EXPECT_EQ(response.body, "GET /wait  ");
  EXPECT_EQ(response.Find("Connection"), "close");
  EXPECT_TRUE(client.WaitClosed());
  drain.get();
}

TEST_F(LifecycleTest, DrainClosesIdleConnectionsAtOnce) {
  StartWaiting();
  RawClient fresh(server_->port());
  RawClient used(server_->port());
  used.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(used.Read().status, 200);
  RawClient busy(server_->port());
  busy.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(WaitUntil([this] { return gate_.waiting() == 1; }));
  std::future<void> drain = DrainWithin(milliseconds(10'000));
  EXPECT_TRUE(fresh.WaitClosed());
  EXPECT_TRUE(used.WaitClosed());
  EXPECT_TRUE(WaitConnections(1));
  gate_.Open();
  EXPECT_EQ(busy.Read().status, 200);
  drain.get();
}

TEST_F(LifecycleTest, DrainWithNothingToDoReturnsAtOnce) {
  StartWaiting();
  const Deadline patience = Deadline::After(milliseconds(60'000));
  server_->Drain(patience);
  EXPECT_FALSE(patience.Expired());
  EXPECT_FALSE(RawClient(server_->port()).connected());
}

TEST_F(LifecycleTest, DrainCutsWhatIsLeftAtTheDeadlineAndTellsTheHandler) {
  StartWaiting();
  RawClient client(server_->port());
  client.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(WaitUntil([this] { return gate_.waiting() == 1; }));
  server_->Drain(Deadline::After(milliseconds(100)));
  EXPECT_TRUE(client.WaitClosed());
  EXPECT_TRUE(WaitUntil([this] { return gate_.waiting() == 0; }));
}

TEST_F(LifecycleTest, DestructionEndsWhatIsUnderWay) {
  StartWaiting();
  RawClient client(server_->port());
  client.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  RawClient idle(server_->port());
  ASSERT_TRUE(WaitUntil([this] { return gate_.waiting() == 1; }));
  server_.reset();
  EXPECT_TRUE(client.WaitClosed());
  EXPECT_TRUE(idle.WaitClosed());
  EXPECT_EQ(gate_.waiting(), 0);
}

TEST_F(LifecycleTest, PortIsFreeAgainAfterTheServer) {
  Start();
  ASSERT_TRUE(Answers());
  options_.address = "127.0.0.1:" + std::to_string(server_->port());
  server_.reset();
  server_ = std::make_unique<Server>(reactors_, options_, *handler_);
  const absl::Status status = server_->Start();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(Answers());
}

}  // namespace
}  // namespace trellis::http
