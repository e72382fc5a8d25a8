#include <vector>

#include "mesh/resilience/circuit_breaker.h"
#include "mesh/resilience/testing/circuit_fixture.h"

namespace trellis::resilience {
namespace {

using enum CircuitState;

// Half-open: two probes at a time, three successes close it, the lease is 2 s, the open time 5 s.
class CircuitProbesTest : public CircuitFixture {
 protected:
  CircuitProbesTest() { HalfOpen(); }
  // As if a coroutine that waits for ever had it; destroyed after the breaker.
  void Lose(Permit permit) { lost_.push_back(std::move(permit)); }

 private:
  std::vector<Permit> lost_;
};

TEST_F(CircuitProbesTest, LetsNoMoreThanItsLimitGo) {
  const Permit first = Acquire(), second = Acquire();
  EXPECT_EQ(Look().probes_in_flight, 2);
  EXPECT_EQ(Refusal(),
            "backend is half-open and its probes are under way: try again when one has ended, in "
            "2000 ms at the latest");
}

TEST_F(CircuitProbesTest, EndedProbeMakesRoom) {
  Permit first = Acquire(), second = Acquire();
  first.Succeeded(kQuick);
  EXPECT_EQ(Look().successes, 1);
  const Permit third = Acquire();
  EXPECT_TRUE(Refused());
}

TEST_F(CircuitProbesTest, EnoughSuccessesClose) {
  Succeed(2);
  EXPECT_EQ(State(), kHalfOpen);
  Succeed(1);
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitProbesTest, OneFailureOpens) {
  Succeed(2);
  Fail(1);
  EXPECT_EQ(State(), kOpen);
  EXPECT_EQ(Look().retry_in, Millis(5000));
}

TEST_F(CircuitProbesTest, SuccessesOfAnEarlierTimeDoNotCount) {
  Succeed(2);
  Fail(1);
  clock_.Advance(Millis(5000));
  Succeed(2);
  EXPECT_EQ(State(), kHalfOpen);
}

TEST_F(CircuitProbesTest, SlowSuccessOpens) {
  Succeed(1, kSlow);
  EXPECT_EQ(State(), kOpen);
}

TEST_F(CircuitProbesTest, SlowSuccessIsOneWhereSlownessDoesNotCount) {
  CircuitBreakerOptions options = Options();
  options.slow_rate = 2;
  Make(options);
  HalfOpen();
  Succeed(3, kSlow);
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitProbesTest, ProbeDestroyedWithoutAWordMakesRoomAndDoesNotCount) {
  for (int i = 0; i < 10; ++i) {
    const Permit forgotten = Acquire();
  }
  EXPECT_EQ(State(), kHalfOpen);
  EXPECT_EQ(Look().probes_in_flight, 0);
  EXPECT_EQ(Look().successes, 0);
}

TEST_F(CircuitProbesTest, LostProbeOpensAtTheEndOfItsLease) {
  Lose(Acquire());
  clock_.Advance(Millis(1999));
  EXPECT_EQ(State(), kHalfOpen);
  clock_.Advance(Millis(1));
  EXPECT_EQ(State(), kOpen);
  EXPECT_EQ(Look().lost, 1U);
  EXPECT_EQ(Look().probes_in_flight, 0);
}

TEST_F(CircuitProbesTest, LossIsAsOfTheEndOfTheLeaseHoweverLateItIsSeen) {
  Lose(Acquire());
  clock_.Advance(Millis(500));
  Lose(Acquire());
  clock_.Advance(Millis(2500));  // the first lease ended 1 s ago
  EXPECT_EQ(State(), kOpen);
  EXPECT_EQ(Look().retry_in, Millis(4000));
  EXPECT_EQ(Look().lost, 2U);
}

TEST_F(CircuitProbesTest, LossAndOpenTimeMayPassUnseen) {
  Lose(Acquire());
  clock_.Advance(Millis(2000 + 5000));
  EXPECT_FALSE(Refused());
  EXPECT_EQ(State(), kHalfOpen);
  EXPECT_EQ(Look().Transitions(kHalfOpen, kOpen), 1U);
}

TEST_F(CircuitProbesTest, AllLostIsNotTheEnd) {
  for (int time = 0; time < 5; ++time) {
    Lose(Acquire());
    Lose(Acquire());
    EXPECT_TRUE(Refused());
    clock_.Advance(Millis(2000 + 5000));
  }
  Succeed(3);
  EXPECT_EQ(State(), kClosed);
}

TEST_F(CircuitProbesTest, WithoutALeaseAllLostIsTheEnd) {
  CircuitBreakerOptions options = Options();
  options.probe_lease = Millis::max();
  Make(options);
  HalfOpen();
  Lose(Acquire());
  Lose(Acquire());
  clock_.Advance(Millis(1'000'000'000));
  EXPECT_EQ(Refusal(),
            "backend is half-open and its probes are under way: try again when one has ended");
}

TEST_F(CircuitProbesTest, ReportAfterTheLeaseIsLateAndChangesNothing) {
  Permit probe = Acquire();
  clock_.Advance(Millis(2000 + 5000));
  ASSERT_EQ(State(), kHalfOpen);
  probe.Failed(kQuick);
  EXPECT_EQ(State(), kHalfOpen);
  EXPECT_EQ(Look().late, 1U);
}

TEST_F(CircuitProbesTest, ReportAtTheVeryEndOfTheLeaseIsLate) {
  Permit probe = Acquire();
  clock_.Advance(Millis(2000));
  probe.Succeeded(kQuick);
  EXPECT_EQ(State(), kOpen);
  EXPECT_EQ(Look().late, 1U);
  EXPECT_EQ(Look().lost, 1U);
}

TEST_F(CircuitProbesTest, DestroyedAfterTheLeaseFreesNobodyElsesPlace) {
  {
    const Permit overdue = Acquire();
    clock_.Advance(Millis(2000 + 5000));
    Lose(Acquire());
    Lose(Acquire());
  }
  EXPECT_TRUE(Refused());
  EXPECT_EQ(Look().late, 0U);
}

// The limit is on the probes that are in flight, not on those let go since it half-opened.
class ShortOpenTimeTest : public CircuitProbesTest {
 protected:
  ShortOpenTimeTest() {
    CircuitBreakerOptions options = Options();
    options.open_time = Millis(100);
    Make(options);
    Open();
    clock_.Advance(Millis(100));
  }
};

TEST_F(ShortOpenTimeTest, ProbeKeepsItsPlaceWhileTheCircuitOpensAndHalfOpensAgain) {
  const Permit old = Acquire();
  Fail(1);
  clock_.Advance(Millis(100));
  const Permit fresh = Acquire();
  EXPECT_EQ(Look().probes_in_flight, 2);
  EXPECT_TRUE(Refused());
}

TEST_F(ShortOpenTimeTest, ResultOfAnEarlierHalfOpenTimeIsLateButMakesRoom) {
  Permit success = Acquire();
  Fail(1);
  clock_.Advance(Millis(100));
  Permit fresh = Acquire();
  success.Succeeded(kQuick);
  EXPECT_EQ(Look().successes, 0);
  EXPECT_EQ(Look().late, 1U);
  Permit failure = Acquire();
  fresh.Failed(kQuick);
  clock_.Advance(Millis(100));
  ASSERT_EQ(State(), kHalfOpen);
  failure.Failed(kQuick);
  EXPECT_EQ(State(), kHalfOpen);
}

TEST_F(ShortOpenTimeTest, LossOfAnEarlierProbeMakesRoomButIsNoFailure) {
  Lose(Acquire());
  Fail(1);
  clock_.Advance(Millis(1000));
  Succeed(1);
  clock_.Advance(Millis(1000));
  EXPECT_EQ(State(), kHalfOpen);
  EXPECT_EQ(Look().lost, 1U);
  EXPECT_EQ(Look().successes, 1);
}

TEST_F(ShortOpenTimeTest, ProbeLeftOverWhenItClosesHoldsItsPlaceInTheNextHalfOpenTime) {
  Permit left = Acquire();
  Succeed(3);
  ASSERT_EQ(State(), kClosed);
  Open();
  clock_.Advance(Millis(100));
  const Permit fresh = Acquire();
  EXPECT_TRUE(Refused());
  left.Failed(kQuick);
  EXPECT_EQ(State(), kHalfOpen);
  EXPECT_FALSE(Refused());
}

}  // namespace
}  // namespace trellis::resilience
