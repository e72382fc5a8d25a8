#include "mesh/resilience/circuit_breaker.h"

#include <limits>
#include <vector>

#include "mesh/resilience/testing/circuit_fixture.h"

namespace trellis::resilience {
namespace {

using enum CircuitState;

// Closed, open and isolated; half-open is in circuit_probes_test.cc.
class CircuitBreakerTest : public CircuitFixture {};

TEST_F(CircuitBreakerTest, BeginsClosedAndLetsAllCallsGo) {
  std::vector<Permit> permits;
  for (int i = 0; i < 100; ++i) permits.push_back(Acquire());
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitBreakerTest, OpensAtTheFailureRate) {
  Succeed(5);
  Fail(4);
  EXPECT_EQ(State(), kClosed);
  Fail(1);
  EXPECT_EQ(State(), kOpen);
  EXPECT_TRUE(Refused());
}

TEST_F(CircuitBreakerTest, StaysClosedBelowTheFailureRate) {
  Succeed(6);
  Fail(5);
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitBreakerTest, FewerThanTheMinimumCallsNeverOpenIt) {
  Fail(9);
  EXPECT_EQ(State(), kClosed);
  Fail(1);
  EXPECT_EQ(State(), kOpen);
}

TEST_F(CircuitBreakerTest, FailuresLeaveTheWindowWithTime) {
  Fail(9);
  clock_.Advance(Millis(10'000));
  Fail(1);
  EXPECT_EQ(State(), kClosed);
  EXPECT_EQ(Look().calls, 1U);
}

TEST_F(CircuitBreakerTest, OpensAtTheSlowRate) {
  Succeed(2);
  Succeed(7, kSlow);
  EXPECT_EQ(State(), kClosed);
  Succeed(1, kSlow);
  EXPECT_EQ(State(), kOpen);
}

TEST_F(CircuitBreakerTest, OneThatIsJustNotSlowIsNot) {
  Succeed(10, kSlow - Millis(1));
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitBreakerTest, TimeoutIsOneCallThatFailedAndWasSlow) {
  Fail(1, kSlow);
  const CircuitSnapshot seen = Look();
  EXPECT_EQ(seen.calls, 1U);
  EXPECT_EQ(seen.failures, 1U);
  EXPECT_EQ(seen.slow, 1U);
}

TEST_F(CircuitBreakerTest, RateAboveOneTurnsItsCheckOff) {
  CircuitBreakerOptions options = Options();
  options.failure_rate = 1.1;
  options.slow_rate = 1.1;
  Make(options);
  Fail(100, kSlow);
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitBreakerTest, PermitDestroyedWithoutAWordDoesNotCount) {
  Fail(9);
  { const Permit forgotten = Acquire(); }
  EXPECT_EQ(Look().calls, 9U);
}

TEST_F(CircuitBreakerTest, PermitSpeaksOnce) {
  Permit permit = Acquire();
  permit.Succeeded(kQuick);
  permit.Failed(kQuick);
  EXPECT_EQ(Look().calls, 1U);
  EXPECT_EQ(Look().failures, 0U);
  EXPECT_EQ(Look().late, 0U);
}

TEST_F(CircuitBreakerTest, MovedPermitSpeaksForTheCall) {
  Permit first = Acquire();
  Permit second = std::move(first);
  Permit third = Acquire();
  third = std::move(second);
  third.Failed(kQuick);
  EXPECT_EQ(Look().calls, 1U);
}

TEST_F(CircuitBreakerTest, RefusalNamesCircuitStateAndTime) {
  Open();
  clock_.Advance(Millis(3000));
  const absl::Status refused = breaker_->Acquire().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(base::MessageOf(refused), "backend is open: try again in 2000 ms");
  EXPECT_EQ(Look().retry_in, Millis(2000));
  EXPECT_EQ(Look().rejected, 1U);
}

TEST_F(CircuitBreakerTest, ResultsOfCallsFromBeforeItOpenedAreLate) {
  Permit success = Acquire(), failure = Acquire();
  Open();
  success.Succeeded(kQuick);
  failure.Failed(kQuick);
  EXPECT_EQ(Look().late, 2U);
  EXPECT_EQ(State(), kOpen);
  EXPECT_EQ(Look().retry_in, Millis(5000));
}

TEST_F(CircuitBreakerTest, ClosesWithAnEmptyWindow) {
  HalfOpen();
  Succeed(3);
  ASSERT_EQ(State(), kClosed);
  EXPECT_EQ(Look().calls, 0U);
  Fail(9);
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitBreakerTest, IsOpenForTheOpenTime) {
  Open();
  clock_.Advance(Millis(4999));
  EXPECT_TRUE(Refused());
  clock_.Advance(Millis(1));
  EXPECT_FALSE(Refused());
  EXPECT_EQ(State(), kHalfOpen);
}

TEST_F(CircuitBreakerTest, JitterLengthensTheOpenTime) {
  CircuitBreakerOptions options = Options();
  options.open_jitter = 0.2;
  options.random = [] { return uint64_t{1} << 63; };  // half of it
  Make(options);
  Open();
  EXPECT_EQ(Look().retry_in, Millis(5500));
  options.random = [] { return std::numeric_limits<uint64_t>::max(); };
  Make(options);
  Open();
  EXPECT_EQ(Look().retry_in, Millis(6000));
}

TEST_F(CircuitBreakerTest, IsolatedStaysSoUntilReset) {
  breaker_->Isolate();
  clock_.Advance(Millis(1'000'000));
  EXPECT_EQ(State(), kIsolated);
  EXPECT_EQ(Refusal(), "backend is isolated: try again when it has been reset");
  breaker_->Reset();
  EXPECT_EQ(State(), kClosed);
  EXPECT_FALSE(Refused());
}

TEST_F(CircuitBreakerTest, IsolatingAgainChangesNothing) {
  breaker_->Isolate();
  const base::WallTime since = Look().since;
  clock_.Advance(Millis(1000));
  breaker_->Isolate();
  EXPECT_EQ(Look().since, since);
  EXPECT_EQ(Look().Transitions(kClosed, kIsolated), 1U);
}

TEST_F(CircuitBreakerTest, CanBeIsolatedFromAnyState) {
  Open();
  breaker_->Isolate();
  EXPECT_EQ(State(), kIsolated);
  breaker_->Reset();
  HalfOpen();
  Permit probe = Acquire();
  breaker_->Isolate();
  probe.Succeeded(kQuick);
  EXPECT_EQ(State(), kIsolated);
  EXPECT_EQ(Look().Transitions(kOpen, kIsolated), 1U);
  EXPECT_EQ(Look().Transitions(kHalfOpen, kIsolated), 1U);
}

TEST_F(CircuitBreakerTest, ResetClosesWhatIsOpen) {
  Open();
  breaker_->Reset();
  EXPECT_EQ(State(), kClosed);
  EXPECT_EQ(Look().Transitions(kOpen, kClosed), 1U);
}

TEST_F(CircuitBreakerTest, ResetOfAClosedOneEmptiesTheWindow) {
  Fail(9);
  Permit before = Acquire();
  breaker_->Reset();
  before.Failed(kQuick);
  EXPECT_EQ(Look().calls, 0U);
  EXPECT_EQ(Look().late, 1U);
}

TEST_F(CircuitBreakerTest, SnapshotTellsSinceWhen) {
  clock_.Advance(Millis(700));
  Open();
  const base::WallTime opened = clock_.WallNow();
  clock_.Advance(Millis(1000));
  EXPECT_EQ(Look().since, opened);
  clock_.Advance(Millis(9000));  // half-open was due on the way
  EXPECT_EQ(State(), kHalfOpen);
  EXPECT_EQ(Look().since, opened + Millis(5000));
}

TEST_F(CircuitBreakerTest, CountsTransitionsByKind) {
  HalfOpen();
  Fail(1);
  clock_.Advance(Millis(5000));
  Succeed(3);
  const CircuitSnapshot seen = Look();
  EXPECT_EQ(seen.Transitions(kClosed, kOpen), 1U);
  EXPECT_EQ(seen.Transitions(kOpen, kHalfOpen), 2U);
  EXPECT_EQ(seen.Transitions(kHalfOpen, kOpen), 1U);
  EXPECT_EQ(seen.Transitions(kHalfOpen, kClosed), 1U);
}

TEST_F(CircuitBreakerTest, PermitMayOutliveTheBreaker) {
  Permit success = Acquire(), failure = Acquire(), forgotten = Acquire();
  HalfOpen();
  Permit probe = Acquire(), forgotten_probe = Acquire();
  breaker_.reset();
  success.Succeeded(kQuick);
  failure.Failed(kQuick);
  probe.Failed(kQuick);
}

TEST_F(CircuitBreakerTest, StatesHaveNames) {
  EXPECT_EQ(NameOf(kClosed), "closed");
  EXPECT_EQ(NameOf(kOpen), "open");
  EXPECT_EQ(NameOf(kHalfOpen), "half-open");
  EXPECT_EQ(NameOf(kIsolated), "isolated");
}

}  // namespace
}  // namespace trellis::resilience
