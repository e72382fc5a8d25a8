// Calls that the server ends before their answer, and sessions that end.
#include <nghttp2/nghttp2.h>

#include "gateway/upstream/http2/testing/session_fixture.h"

namespace trellis::gateway::http2 {
namespace {

using ::testing::ElementsAre;
using testing::RecordingObserver;
using namespace std::string_literals;

class SessionEndTest : public testing::SessionFixture {
 protected:
  // Two further calls that the server has.
  void StartTwoMore() {
    Start(&second_);
    Start(&third_);
    Pump();
  }

  RecordingObserver second_, third_;
};

TEST_F(SessionEndTest, ResetEndsTheCall) {
  StartOne();
  server_.Reset(0, NGHTTP2_ENHANCE_YOUR_CALM);
  Pump();
  EXPECT_EQ(observer_.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(observer_.end->unprocessed);
  EXPECT_EQ(session_.calls(), 0u);
}

TEST_F(SessionEndTest, RefusedCallIsUnprocessed) {
  StartOne();
  server_.Reset(0, NGHTTP2_REFUSED_STREAM);
  Pump();
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(observer_.end->unprocessed);
}

TEST_F(SessionEndTest, GoAwayEndsTheCallsThatTheServerHasNotLookedAt) {
  StartOne();
  StartTwoMore();
  server_.GoAway(server_.call(0).id);
  Pump();
  for (const RecordingObserver* late : {&second_, &third_}) {
    EXPECT_EQ(late->code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(late->end->unprocessed);
  }
  EXPECT_EQ(session_.calls(), 1u);
}

TEST_F(SessionEndTest, GoAwayLeavesEarlierCallsTheirAnswers) {
  StartOne();
  server_.GoAway(server_.call(0).id);
  Pump();
  EXPECT_FALSE(observer_.end.has_value());
  server_.Answer(0, "the answer");
  (void)session_.Feed(server_.TakeOutput());
  EXPECT_THAT(observer_.messages, ElementsAre("the answer"));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kOk);
}

TEST_F(SessionEndTest, NoCallStartsAfterGoAway) {
  StartOne();
  EXPECT_FALSE(session_.draining());
  server_.GoAway(server_.call(0).id);
  Pump();
  EXPECT_TRUE(session_.draining());
  const auto id = session_.Start({authority_, call_}, "request", &second_);
  EXPECT_EQ(id.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(session_.calls(), 1u);
}

// A server that goes gently lets all calls go on at first.
TEST_F(SessionEndTest, CallThatWasNotSentBeforeGoAwayIsUnprocessed) {
  StartOne();
  Start(&second_);
  server_.GoAway(INT32_MAX);
  (void)session_.Feed(server_.TakeOutput());
  Pump();
  EXPECT_EQ(server_.calls(), 1u);
  EXPECT_EQ(second_.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(second_.end->unprocessed);
  EXPECT_FALSE(observer_.end.has_value());
}

TEST_F(SessionEndTest, GoAwayWithoutCallsEndsTheSession) {
  server_.GoAway(0);
  EXPECT_EQ(session_.Feed(server_.TakeOutput()).code(), absl::StatusCode::kUnavailable);
}

// Such a server is there, though another connection is needed.
TEST_F(SessionEndTest, GoAwayRightAfterTheGreetingIsNoError) {
  Session session;
  testing::FakeServer server;
  server.GoAway(INT32_MAX);
  EXPECT_TRUE(session.Feed(server.TakeOutput()).ok());
  EXPECT_TRUE(session.greeted());
  EXPECT_TRUE(session.draining());
}

TEST_F(SessionEndTest, FailEndsAllCalls) {
  StartOne();
  StartTwoMore();
  session_.Fail(absl::UnavailableError("lost"));
  for (const RecordingObserver* observer : {&observer_, &second_, &third_}) {
    ASSERT_TRUE(observer->end.has_value());
    EXPECT_EQ(observer->end->status, absl::UnavailableError("lost"));
    EXPECT_FALSE(observer->end->unprocessed) << "the server may have done it";
  }
  EXPECT_EQ(session_.calls(), 0u);
  EXPECT_EQ(session_.next_deadline(), base::SteadyTime::max());
}

TEST_F(SessionEndTest, CallThatIsCancelledWhileAllFailHearsNothing) {
  const Session::CallId first = Start(&observer_), second = Start(&second_);
  observer_.on_end = [&] { session_.Cancel(second); };
  second_.on_end = [&] { session_.Cancel(first); };
  session_.Fail(absl::UnavailableError("lost"));
  EXPECT_NE(observer_.end.has_value(), second_.end.has_value());
}

TEST_F(SessionEndTest, NoCallStartsAfterFail) {
  session_.Fail(absl::UnavailableError("lost"));
  EXPECT_TRUE(session_.draining());
  EXPECT_FALSE(session_.Start({authority_, call_}, "request", &observer_).ok());
}

TEST_F(SessionEndTest, PeerThatDoesNotSpeakHttp2IsAnError) {
  Session session;
  EXPECT_EQ(session.Feed("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").code(),
            absl::StatusCode::kUnavailable);
  EXPECT_FALSE(session.greeted());
}

TEST_F(SessionEndTest, FrameAgainstTheProtocolIsAnError) {
  StartOne();
  const std::string data_of_no_call = "\0\0\1\0\0\0\0\0\0x"s;
  EXPECT_EQ(session_.Feed(data_of_no_call).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::gateway::http2
