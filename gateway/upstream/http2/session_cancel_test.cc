// Calls that are cancelled, and what else an observer may do to its session.
#include <nghttp2/nghttp2.h>

#include "gateway/upstream/http2/testing/session_fixture.h"

namespace trellis::gateway::http2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::RecordingObserver;

class SessionCancelTest : public testing::SessionFixture {
 protected:
  RecordingObserver second_;
};

TEST_F(SessionCancelTest, CancelResetsTheCallAndItsObserverHearsNoMore) {
  const Session::CallId id = StartOne();
  session_.Cancel(id);
  server_.Answer(0, "too late");
  Pump();
  EXPECT_TRUE(server_.call(0).reset);
  EXPECT_EQ(server_.call(0).reset_code, static_cast<uint32_t>(NGHTTP2_CANCEL));
  EXPECT_THAT(observer_.messages, IsEmpty());
  EXPECT_FALSE(observer_.headers.has_value());
  EXPECT_FALSE(observer_.end.has_value());
  EXPECT_EQ(session_.calls(), 0u);
}

TEST_F(SessionCancelTest, CallThatIsCancelledBeforeItIsSentIsNotSent) {
  session_.Cancel(Start(&observer_));
  Pump();
  EXPECT_EQ(server_.calls(), 0u);
  EXPECT_FALSE(observer_.end.has_value());
  EXPECT_EQ(session_.calls(), 0u);
}

TEST_F(SessionCancelTest, CallMayBeCancelledTwiceBeforeItIsSent) {
  const Session::CallId id = Start(&observer_);
  session_.Cancel(id);
  session_.Cancel(id);
  Pump();
  EXPECT_EQ(session_.calls(), 0u);
  EXPECT_FALSE(session_.draining());
}

TEST_F(SessionCancelTest, CancelLeavesOtherCallsAlone) {
  const Session::CallId id = StartOne();
  Start(&second_);
  Pump();
  session_.Cancel(id);
  server_.Answer(1, "two");
  Pump();
  EXPECT_THAT(second_.messages, ElementsAre("two"));
  EXPECT_EQ(second_.code(), absl::StatusCode::kOk);
}

TEST_F(SessionCancelTest, CancelOfACallThatHasEndedDoesNothing) {
  const Session::CallId id = StartOne();
  server_.Answer(0, "the answer");
  Pump();
  session_.Cancel(id);
  session_.Resume(id);
  Pump();
  EXPECT_FALSE(server_.call(0).reset);
}

TEST_F(SessionCancelTest, ObserverMayCancelInTheMidstOfItsMessages) {
  const Session::CallId id = StartOne();
  observer_.on_message = [&] { session_.Cancel(id); };
  server_.SendHeaders(0, {{":status", "200"}, {"content-type", "application/grpc"}});
  server_.SendMessage(0, "one");
  server_.SendMessage(0, "two");
  Pump();
  EXPECT_THAT(observer_.messages, ElementsAre("one"));
  EXPECT_FALSE(observer_.end.has_value());
  EXPECT_TRUE(server_.call(0).reset);
}

TEST_F(SessionCancelTest, ObserverMayStartACallAtItsEnd) {
  observer_.on_end = [&] { Start(&second_); };
  StartOne();
  server_.Answer(0, "one");
  Pump();
  ASSERT_EQ(server_.calls(), 2u);
  server_.Answer(1, "two");
  Pump();
  EXPECT_THAT(second_.messages, ElementsAre("two"));
}

}  // namespace
}  // namespace trellis::gateway::http2
