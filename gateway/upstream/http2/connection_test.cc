#include "gateway/upstream/http2/connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "gateway/upstream/http2/testing/session_fixture.h"
#include "mesh/base/testing/run.h"

namespace trellis::gateway::http2 {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::milliseconds;
using boost::system::error_code;
using ::testing::ElementsAre;
using testing::RecordingObserver;

constexpr milliseconds kLong{60'000};

// A connection and its server on one reactor that is run by hand.
class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    options_.connect_timeout = kLong;
    call_.rpc_path = "/a.Service/Method";
  }
  ~ConnectionTest() override {
    if (connection_) connection_->Close("the test is over");
    context_.poll();
  }

  template <typename T>
  T Await(asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  template <typename Condition>
  bool RunUntil(Condition condition) {
    const base::Deadline deadline = base::Deadline::After(milliseconds(10'000));
    context_.restart();
    while (!condition() && !deadline.Expired()) {
      context_.run_one_for(milliseconds(10));
      if (context_.stopped()) context_.restart();
    }
    return condition();
  }

  absl::Status Connect() {
    connection_ = std::make_shared<Connection>(context_.get_executor(), options_);
    return Await(connection_->Connect(acceptor_.local_endpoint()));
  }
  // Connected, with a call that the server has.
  void StartCall() {
    Serve();
    ASSERT_TRUE(Connect().ok());
    id_ = Start(&observer_);
    ASSERT_TRUE(RunUntil([this] { return server_.calls() == 1; }));
  }
  Session::CallId Start(CallObserver* observer) {
    const auto id = connection_->Start({authority_, call_}, "request", observer);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(0);
  }

  void Serve() {
    asio::co_spawn(
        context_, [this] { return ServeOne(); }, asio::detached);
  }
  asio::awaitable<void> ServeOne() {
    error_code error;
    co_await acceptor_.async_accept(peer_, asio::redirect_error(asio::use_awaitable, error));
    std::vector<char> input(64 * 1024);
    while (!error) {
      if (!mute_) Say(server_.TakeOutput());
      const size_t size = co_await peer_.async_read_some(
          asio::buffer(input), asio::redirect_error(asio::use_awaitable, error));
      server_.Feed({input.data(), size});
    }
  }
  void Say(const std::string& bytes) {
    error_code ignored;
    asio::write(peer_, asio::buffer(bytes), ignored);
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  tcp::socket peer_{context_};
  testing::FakeServer server_;
  bool mute_ = false;
  ConnectionOptions options_;
  std::shared_ptr<Connection> connection_;
  const std::string authority_ = "the.server:1";
  OutgoingCall call_;
  RecordingObserver observer_;
  Session::CallId id_ = 0;
};

TEST_F(ConnectionTest, IsOpenOnceTheServerGreets) {
  Serve();
  EXPECT_TRUE(Connect().ok());
  EXPECT_TRUE(connection_->open());
}

TEST_F(ConnectionTest, PeerThatSaysNothingIsGivenUp) {
  options_.connect_timeout = milliseconds(20);
  EXPECT_EQ(Connect().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(connection_->open());
}

TEST_F(ConnectionTest, PeerThatSpeaksSomethingElseIsGivenUpAtOnce) {
  mute_ = true;
  acceptor_.async_accept(peer_, [this](error_code) { Say("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  EXPECT_EQ(Connect().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectionTest, CallIsAnswered) {
  StartCall();
  server_.Answer(0, "the answer");
  Say(server_.TakeOutput());
  EXPECT_TRUE(RunUntil([this] { return observer_.end.has_value(); }));
  EXPECT_THAT(observer_.messages, ElementsAre("the answer"));
}

TEST_F(ConnectionTest, DeadlineOfACallIsKept) {
  StartCall();
  RecordingObserver soon;
  call_.deadline = base::Deadline::After(kLong);
  const Session::CallId later = Start(&observer_);
  call_.deadline = base::Deadline::After(milliseconds(10));
  Start(&soon);
  EXPECT_TRUE(RunUntil([&] { return soon.end.has_value(); }));
  EXPECT_EQ(soon.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(observer_.end.has_value());
  connection_->Cancel(later);
}

TEST_F(ConnectionTest, TakesNoMoreCallsFromGoAwayOn) {
  StartCall();
  observer_.on_end = [this] { EXPECT_FALSE(connection_->open()) << "already then"; };
  server_.GoAway(0);
  Say(server_.TakeOutput());
  ASSERT_TRUE(RunUntil([this] { return observer_.end.has_value(); }));
  EXPECT_TRUE(observer_.end->unprocessed);
  RecordingObserver second;
  EXPECT_FALSE(connection_->Start({authority_, call_}, "request", &second).ok());
}

TEST_F(ConnectionTest, ClosingEndsWellWhenTheServerTakesNoMoreCalls) {
  StartCall();
  server_.GoAway(server_.call(0).id);
  Say(server_.TakeOutput());
  EXPECT_TRUE(Await(connection_->Closing()).ok());
  EXPECT_FALSE(observer_.end.has_value()) << "the call goes on";
}

TEST_F(ConnectionTest, ClosingEndsWithAnErrorWhenTheServerCloses) {
  StartCall();
  peer_.close();
  EXPECT_EQ(Await(connection_->Closing()).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(RunUntil([this] { return observer_.end.has_value(); }));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectionTest, ServerThatBreaksTheProtocolLosesItsCalls) {
  StartCall();
  Say("no frame of HTTP/2, but long enough for its head");
  EXPECT_TRUE(RunUntil([this] { return observer_.end.has_value(); }));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(connection_->open());
}

TEST_F(ConnectionTest, CloseEndsTheCallsInTheNextTurn) {
  StartCall();
  connection_->Close("the reason");
  EXPECT_FALSE(connection_->open());
  EXPECT_FALSE(observer_.end.has_value());
  EXPECT_TRUE(RunUntil([this] { return observer_.end.has_value(); }));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnavailable);
}

// Whoever cancels destroys the observer next.
TEST_F(ConnectionTest, CallThatIsCancelledAfterCloseHearsNothing) {
  StartCall();
  connection_->Close("the reason");
  connection_->Cancel(id_);
  context_.restart();
  context_.poll();
  EXPECT_FALSE(observer_.end.has_value());
}

TEST_F(ConnectionTest, SilentServerIsGivenUpWhileItHasCalls) {
  options_.keepalive = milliseconds(20);
  options_.ping_timeout = milliseconds(20);
  StartCall();
  mute_ = true;
  EXPECT_TRUE(RunUntil([this] { return observer_.end.has_value(); }));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectionTest, ServerThatAnswersPingsIsKept) {
  options_.keepalive = milliseconds(10);
  options_.ping_timeout = milliseconds(500);
  StartCall();
  EXPECT_TRUE(RunUntil([this] { return server_.pings() >= 2; }));
  EXPECT_FALSE(observer_.end.has_value());
}

}  // namespace
}  // namespace trellis::gateway::http2
