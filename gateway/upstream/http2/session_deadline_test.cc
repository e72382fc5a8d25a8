// Deadlines of calls, which the session keeps by being told the time.
#include "gateway/upstream/http2/testing/session_fixture.h"

namespace trellis::gateway::http2 {
namespace {

using testing::RecordingObserver;

class SessionDeadlineTest : public testing::SessionFixture {
 protected:
  static constexpr base::milliseconds kMoment{1};

  Session::CallId StartUntil(CallObserver* observer, base::SteadyTime time) {
    call_.deadline = base::Deadline::At(time);
    return Start(observer);
  }

  const base::SteadyTime soon_ = std::chrono::steady_clock::now() + std::chrono::hours(1);
  const base::SteadyTime later_ = soon_ + std::chrono::hours(1);
  RecordingObserver second_;
};

TEST_F(SessionDeadlineTest, NextIsTheFirstOfAll) {
  EXPECT_EQ(session_.next_deadline(), base::SteadyTime::max());
  StartOne();
  EXPECT_EQ(session_.next_deadline(), base::SteadyTime::max());
  StartUntil(&observer_, later_);
  EXPECT_EQ(session_.next_deadline(), later_);
  StartUntil(&second_, soon_);
  EXPECT_EQ(session_.next_deadline(), soon_);
}

TEST_F(SessionDeadlineTest, CallIsEndedAndResetAtItsDeadline) {
  StartUntil(&observer_, soon_);
  Pump();
  session_.Expire(soon_ - kMoment);
  EXPECT_FALSE(observer_.end.has_value());
  session_.Expire(soon_);
  EXPECT_EQ(observer_.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(observer_.end->unprocessed);
  Pump();
  EXPECT_TRUE(server_.call(0).reset);
  EXPECT_EQ(session_.calls(), 0u);
}

TEST_F(SessionDeadlineTest, ExpiryLeavesLaterCallsAlone) {
  StartUntil(&observer_, soon_);
  StartUntil(&second_, later_);
  Pump();
  session_.Expire(soon_);
  EXPECT_FALSE(second_.end.has_value());
  EXPECT_EQ(session_.next_deadline(), later_);
}

TEST_F(SessionDeadlineTest, AnswerAfterTheDeadlineIsNotHeard) {
  StartUntil(&observer_, soon_);
  Pump();
  session_.Expire(soon_);
  server_.Answer(0, "too late");
  Pump();
  EXPECT_TRUE(observer_.messages.empty());
}

TEST_F(SessionDeadlineTest, AnsweredCallHasNoDeadlineAnyMore) {
  StartUntil(&observer_, soon_);
  Pump();
  server_.Answer(0, "in time");
  Pump();
  EXPECT_EQ(session_.next_deadline(), base::SteadyTime::max());
  session_.Expire(soon_);
  EXPECT_EQ(observer_.code(), absl::StatusCode::kOk);
}

TEST_F(SessionDeadlineTest, CancelledCallDoesNotExpire) {
  session_.Cancel(StartUntil(&observer_, soon_));
  session_.Expire(soon_);
  Pump();
  EXPECT_FALSE(observer_.end.has_value());
  EXPECT_EQ(session_.calls(), 0u);
}

TEST_F(SessionDeadlineTest, CallThatWaitsForRoomExpires) {
  server_.LimitCalls(1);
  Pump();
  StartOne();
  StartUntil(&second_, soon_);
  Pump();
  ASSERT_EQ(server_.calls(), 1u);
  session_.Expire(soon_);
  EXPECT_EQ(second_.code(), absl::StatusCode::kDeadlineExceeded);
  server_.Answer(0, "the answer");
  Pump();
  EXPECT_EQ(server_.calls(), 1u) << "it must not be made any more";
  EXPECT_EQ(session_.calls(), 0u);
}

}  // namespace
}  // namespace trellis::gateway::http2
