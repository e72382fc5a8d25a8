#include "mesh/resilience/concurrency_limiter.h"

#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "mesh/base/status.h"

namespace trellis::resilience {
namespace {

using base::milliseconds;
using Permit = ConcurrencyLimiter::Permit;

// Places, permits and single steps; what the limit comes to is in limiter_converges_test.cc.
class ConcurrencyLimiterTest : public ::testing::Test {
 protected:
  void Make(ConcurrencyLimiterOptions options) {
    limiter_.reset();
    limiter_.emplace(std::move(options), clock_);
  }
  Permit Acquire() { return limiter_->Acquire().value(); }
  // One call after the other.
  void CallAlone(int calls, milliseconds latency) {
    for (int i = 0; i < calls; ++i) Acquire().Finish(latency);
  }
  // Calls that use the limit in full, all as long.
  void CallTogether(int rounds, milliseconds latency) {
    for (int i = 0; i < rounds; ++i) {
      std::vector<Permit> permits;
      while (limiter_->in_flight() < limiter_->limit()) permits.push_back(Acquire());
      for (Permit& permit : permits) permit.Finish(latency);
    }
  }

  base::ManualClock clock_;
  std::optional<ConcurrencyLimiter> limiter_;
};

TEST_F(ConcurrencyLimiterTest, RefusesBeyondTheLimit) {
  Make({.name = "backend", .min = 1, .initial = 2});
  const Permit first = Acquire(), second = Acquire();
  const absl::Status refused = limiter_->Acquire().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::MessageOf(refused),
            "backend: 2 are in flight and the limit is 2: try again later");
  EXPECT_EQ(limiter_->in_flight(), 2);
  EXPECT_EQ(limiter_->snapshot().rejected, 1U);
}

TEST_F(ConcurrencyLimiterTest, EveryEndOfACallFreesItsPlaceOnce) {
  Make({});
  Permit finished = Acquire(), dropped = Acquire();
  std::optional<Permit> destroyed = Acquire();
  finished.Finish(milliseconds(1));
  EXPECT_EQ(limiter_->in_flight(), 2);
  dropped.Dropped();
  EXPECT_EQ(limiter_->in_flight(), 1);
  destroyed.reset();
  EXPECT_EQ(limiter_->in_flight(), 0);
  finished.Finish(milliseconds(1));
  dropped.Dropped();
  EXPECT_EQ(limiter_->in_flight(), 0);
  EXPECT_EQ(limiter_->snapshot().dropped, 1U);
}

TEST_F(ConcurrencyLimiterTest, MovedPermitHoldsOnePlace) {
  Make({});
  Permit first = Acquire();
  Permit second = std::move(first);
  EXPECT_EQ(limiter_->in_flight(), 1);
  second = Acquire();
  EXPECT_EQ(limiter_->in_flight(), 1);
}

TEST_F(ConcurrencyLimiterTest, PermitMayOutliveTheLimiter) {
  Make({});
  Permit finished = Acquire(), dropped = Acquire(), destroyed = Acquire();
  limiter_.reset();
  finished.Finish(milliseconds(1));
  dropped.Dropped();
}

TEST_F(ConcurrencyLimiterTest, OptionsThatContradictAreOrdered) {
  Make({.min = 50, .max = 10, .initial = 1});
  EXPECT_EQ(limiter_->limit(), 50);
  Make({.min = 0, .max = 0, .initial = 0, .samples = 0});
  EXPECT_EQ(limiter_->limit(), 1);
}

TEST_F(ConcurrencyLimiterTest, GrowsOnlyWhenItIsUsed) {
  Make({.initial = 20});
  CallAlone(10'000, milliseconds(10));
  EXPECT_EQ(limiter_->limit(), 20);
  CallTogether(20, milliseconds(10));
  EXPECT_GT(limiter_->limit(), 30);
}

TEST_F(ConcurrencyLimiterTest, SinksWhenCallsTakeLonger) {
  Make({.initial = 20});
  CallAlone(30, milliseconds(10));
  CallTogether(3, milliseconds(30));
  EXPECT_LT(limiter_->limit(), 20);
}

TEST_F(ConcurrencyLimiterTest, DroppedCallsLowerItOnceARound) {
  Make({.initial = 100, .drop_factor = 0.8});
  std::vector<Permit> permits;
  for (int i = 0; i < 100; ++i) permits.push_back(Acquire());
  for (Permit& permit : permits) permit.Dropped();
  EXPECT_EQ(limiter_->limit(), 80);
  Acquire().Dropped();
  EXPECT_EQ(limiter_->limit(), 64);
}

TEST_F(ConcurrencyLimiterTest, DroppedCallsNeverLowerItBelowTheMinimum) {
  Make({.min = 7, .initial = 100});
  for (int i = 0; i < 1000; ++i) Acquire().Dropped();
  EXPECT_EQ(limiter_->limit(), 7);
}

TEST_F(ConcurrencyLimiterTest, NeverGrowsBeyondTheMaximum) {
  Make({.max = 30, .initial = 20});
  CallTogether(1000, milliseconds(10));
  EXPECT_EQ(limiter_->limit(), 30);
}

TEST_F(ConcurrencyLimiterTest, ForgottenCallsAreNoSamples) {
  Make({.initial = 20});
  for (int i = 0; i < 1000; ++i) {
    const Permit forgotten = Acquire();
  }
  EXPECT_EQ(limiter_->snapshot().latency, Duration(0));
  EXPECT_EQ(limiter_->limit(), 20);
}

TEST_F(ConcurrencyLimiterTest, CallsFromBeforeTheLastChangeAreNoSamples) {
  Make({.initial = 20, .samples = 1});
  Permit before = Acquire();
  CallAlone(2, milliseconds(10));
  before.Finish(milliseconds(1000));
  EXPECT_EQ(limiter_->snapshot().latency, Duration(milliseconds(10)));
  EXPECT_EQ(limiter_->snapshot().unloaded, Duration(milliseconds(10)));
}

TEST_F(ConcurrencyLimiterTest, CallsThatAreQuickerUnderLoadTellOfTheUnloadedServer) {
  Make({.initial = 20});
  CallAlone(30, milliseconds(10));
  CallTogether(5, milliseconds(5));
  EXPECT_LT(limiter_->snapshot().unloaded, Duration(milliseconds(9)));
}

TEST_F(ConcurrencyLimiterTest, MeasuresAgainWhenWhatItKnowsIsOld) {
  Make({.min = 4, .initial = 40, .remeasure = milliseconds(1000)});
  CallTogether(50, milliseconds(10));
  ASSERT_FALSE(limiter_->snapshot().measuring);
  const int before = limiter_->limit();
  clock_.Advance(milliseconds(1000));
  for (int i = 0; i < 10 && !limiter_->snapshot().measuring; ++i) {
    CallTogether(1, milliseconds(10));
  }
  ASSERT_TRUE(limiter_->snapshot().measuring);
  EXPECT_LE(limiter_->limit(), before);
  CallTogether(10, milliseconds(10));
  EXPECT_FALSE(limiter_->snapshot().measuring);
  EXPECT_GE(limiter_->limit(), before);
}

TEST_F(ConcurrencyLimiterTest, LatencyOfZeroIsHarmless) {
  Make({.initial = 20});
  CallTogether(100, milliseconds(0));
  EXPECT_GT(limiter_->limit(), 20);
}

TEST_F(ConcurrencyLimiterTest, ManyThreadsNeverExceedTheLimitAndFreeEveryPlace) {
  Make({.min = 8, .max = 8, .initial = 8});
  std::atomic<int> in_flight{0};
  std::atomic<bool> exceeded{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        absl::StatusOr<Permit> permit = limiter_->Acquire();
        if (!permit.ok()) continue;
        if (++in_flight > 8) exceeded = true;
        std::this_thread::yield();
        --in_flight;
        if ((t + i) % 3 == 0) permit->Finish(milliseconds(1));
        if ((t + i) % 3 == 1) permit->Dropped();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(limiter_->in_flight(), 0);
}

}  // namespace
}  // namespace trellis::resilience
