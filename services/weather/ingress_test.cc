#include "services/weather/ingress.h"

#include <gmock/gmock.h>

#include "mesh/base/testing/run.h"
#include "services/weather/testing/fake_request_channel.h"

namespace trellis::weather {
namespace {

using absl::StatusCode;
using resilience::CircuitState;

class IngressTest : public ::testing::Test {
 protected:
  absl::StatusOr<Reply> Call(milliseconds time = milliseconds(1000)) {
    return base::testing::RunCoroutine(
        context_,
        ingress_.Call({.id = "a", .body = "b"}, base::Deadline::After(time, clock_.Now())));
  }
  void Plan(absl::Status status, milliseconds takes = milliseconds(0)) {
    channel_.plan.push_back({std::move(status), takes});
  }
  void PlanGood() { channel_.plan.push_back({}); }

  boost::asio::io_context context_{1};
  base::ManualClock clock_;
  testing::FakeRequestChannel channel_{clock_};
  resilience::CircuitBreaker breaker_{{.minimum_calls = 4}, clock_};
  resilience::ConcurrencyLimiter limiter_{{.min = 1, .max = 10, .initial = 10}, clock_};
  telemetry::Metrics metrics_;
  IngressMetrics counters_{metrics_};
  Ingress ingress_{channel_, breaker_,  limiter_,
                   clock_,   counters_, {.retry = {milliseconds(1), milliseconds(1)}}};
};

TEST_F(IngressTest, ReplyIsHandedOn) {
  const auto reply = Call();
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->body, "body");
  EXPECT_EQ(counters_.answered.Value(), 1);
  EXPECT_EQ(limiter_.in_flight(), 0);
}

TEST_F(IngressTest, WhatDidNotGetThroughIsRetriedWithTheSameId) {
  channel_.plan.clear();
  Plan(absl::UnavailableError("away"));
  Plan(absl::UnavailableError("away"));
  PlanGood();
  EXPECT_TRUE(Call().ok());
  EXPECT_THAT(channel_.ids, ::testing::ElementsAre("a", "a", "a"));
  EXPECT_EQ(counters_.retried.Value(), 2);
  EXPECT_EQ(breaker_.snapshot().failures, 0U) << "the call as a whole did not fail";
}

TEST_F(IngressTest, AttemptsAreBounded) {
  channel_.plan.clear();
  Plan(absl::UnavailableError("away"));
  EXPECT_EQ(Call().status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(channel_.ids, ::testing::SizeIs(5));
}

TEST_F(IngressTest, RetriesAreAShareOfTheCallsInALongOutage) {
  channel_.plan.clear();
  Plan(absl::UnavailableError("away"));
  for (int i = 0; i < 100; ++i) {
    breaker_.Reset();
    EXPECT_EQ(Call().status().code(), StatusCode::kUnavailable);
  }
  EXPECT_LE(channel_.ids.size(), 100U + 20 + 10) << "a full budget, and a tenth of the calls";
  EXPECT_GT(counters_.not_retried.Value(), 0);
}

TEST_F(IngressTest, NoRetryBeyondTheDeadline) {
  channel_.plan.clear();
  Plan(absl::UnavailableError("away"), milliseconds(1000));
  EXPECT_EQ(Call(milliseconds(1000)).status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(channel_.ids, ::testing::SizeIs(1));
}

TEST_F(IngressTest, WorkersErrorIsNotRetried) {
  channel_.plan.clear();
  Plan(absl::InternalError("broken"));
  EXPECT_EQ(Call().status().code(), StatusCode::kInternal);
  EXPECT_THAT(channel_.ids, ::testing::SizeIs(1));
}

TEST_F(IngressTest, TimeoutsOpenTheCircuitAndOpenItAsksNobody) {
  channel_.plan.clear();
  Plan(absl::DeadlineExceededError("late"), milliseconds(1000));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Call().status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(breaker_.snapshot().state, CircuitState::kOpen);
  EXPECT_EQ(Call().status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(channel_.ids, ::testing::SizeIs(4));
  EXPECT_EQ(counters_.circuit_open.Value(), 1);
  EXPECT_EQ(limiter_.in_flight(), 0) << "a refused call holds no place";
}

TEST_F(IngressTest, HurriedCallersTimeoutsSayNothingOfTheWorkers) {
  channel_.plan.clear();
  Plan(absl::DeadlineExceededError("late"), milliseconds(10));
  for (int i = 0; i < 20; ++i) (void)Call(milliseconds(10));
  EXPECT_EQ(breaker_.snapshot().state, CircuitState::kClosed);
  EXPECT_EQ(breaker_.snapshot().calls, 0U);
  EXPECT_EQ(limiter_.limit(), 10);
}

TEST_F(IngressTest, CallersWhoGoAwayAtTheirDeadlineCountAsTimeouts) {
  channel_.plan.clear();
  Plan(absl::CancelledError("the caller went away"), milliseconds(499));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Call(milliseconds(510)).status().code(), StatusCode::kCancelled);
  }
  EXPECT_EQ(breaker_.snapshot().state, CircuitState::kOpen);
  EXPECT_EQ(counters_.timed_out.Value(), 4);
  EXPECT_EQ(counters_.cancelled.Value(), 0);
  EXPECT_LT(limiter_.limit(), 10);
}

TEST_F(IngressTest, CallersWhoGoAwayAfterAFairTimeCountAsTimeouts) {
  channel_.plan.clear();
  Plan(absl::CancelledError("the caller went away"), milliseconds(500));
  for (int i = 0; i < 4; ++i) (void)Call(milliseconds(5000));
  EXPECT_EQ(breaker_.snapshot().state, CircuitState::kOpen);
}

TEST_F(IngressTest, CallersWhoGoAwayEarlyOrHadNoTimeSayNothing) {
  channel_.plan.clear();
  Plan(absl::CancelledError("the caller went away"), milliseconds(100));
  for (int i = 0; i < 20; ++i) (void)Call(milliseconds(5000));
  for (int i = 0; i < 20; ++i) (void)Call(milliseconds(101));
  EXPECT_EQ(breaker_.snapshot().calls, 0U);
  EXPECT_EQ(counters_.cancelled.Value(), 40);
  EXPECT_EQ(limiter_.limit(), 10);
}

// The pause is a random part of the base, which is less than what is left: never too long.
TEST_F(IngressTest, FirstRetryComesWithinTheBaseOfTheBackoff) {
  Ingress ingress(channel_, breaker_, limiter_, clock_, counters_,
                  {.retry = {milliseconds(20), milliseconds(500)}, .max_attempts = 2});
  for (int i = 0; i < 15; ++i) {
    channel_.plan.clear();
    Plan(absl::UnavailableError("away"));
    PlanGood();
    const auto reply = base::testing::RunCoroutine(
        context_, ingress.Call({.id = "a", .body = "b"},
                               base::Deadline::After(milliseconds(21), clock_.Now())));
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
}

TEST_F(IngressTest, CallersFaultsKeepTheCircuitClosed) {
  channel_.plan.clear();
  Plan(absl::NotFoundError("no such city"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Call().status().code(), StatusCode::kNotFound);
  EXPECT_EQ(breaker_.snapshot().state, CircuitState::kClosed);
  EXPECT_EQ(counters_.answered.Value(), 20);
}

TEST_F(IngressTest, BeyondTheLimitCallsAreRefused) {
  std::vector<resilience::ConcurrencyLimiter::Permit> places;
  for (int i = 0; i < 10; ++i) places.push_back(*limiter_.Acquire());
  EXPECT_EQ(Call().status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(counters_.over_limit.Value(), 1);
  EXPECT_THAT(channel_.ids, ::testing::IsEmpty());
  places.clear();
  EXPECT_TRUE(Call().ok());
}

// To a limit that follows the latency, calls of 20 ms after calls of 1 ms look like overload.
TEST_F(IngressTest, QuickCallsLookAlikeToTheLimit) {
  for (const int takes : {1, 20}) {
    channel_.plan = {{.takes = milliseconds(takes)}};
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(Call().ok());
    EXPECT_EQ(limiter_.snapshot().unloaded, milliseconds(25)) << takes;
  }
  EXPECT_LT(breaker_.snapshot().slow, 1U) << "the circuit sees how long they really took";
}

TEST_F(IngressTest, FullStreamLowersTheLimit) {
  channel_.plan.clear();
  Plan(absl::ResourceExhaustedError("full"));
  EXPECT_EQ(Call().status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(counters_.stream_full.Value(), 1);
  EXPECT_LT(limiter_.limit(), 10);
  EXPECT_EQ(breaker_.snapshot().failures, 0U);
}

}  // namespace
}  // namespace trellis::weather
