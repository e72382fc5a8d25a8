#include "clients/cli/load/scheduler.h"

#include <gtest/gtest.h>

#include <deque>

#include "clients/cli/load/recorder.h"

namespace trellis::cli::load {
namespace {

using Action = Scheduler::Action;
using base::milliseconds;
using base::SteadyTime;

constexpr SteadyTime kStart{std::chrono::hours(1)};

Plan Open(double rate, int64_t calls, int64_t limit = 1000) {
  return {
      .open = true, .calls = calls, .limit = limit, .rate = rate, .timeout = milliseconds(5000)};
}

// A server that answers each call after a millisecond but stands still for a while, and a run
// against it, played through in virtual time of a tenth of a millisecond a step.
class Simulation {
 public:
  explicit Simulation(const Plan& plan)
      : scheduler_(plan, kStart), recorder_(plan, kStart, base::WallTime()) {}

  Results Run(SteadyTime stall_from, SteadyTime stall_to) {
    SteadyTime now = kStart;
    bool held = false;
    for (bool done = false; !done || !in_flight_.empty(); now += std::chrono::microseconds(100)) {
      const bool stalled = now >= stall_from && now < stall_to;
      while (!stalled && !in_flight_.empty() && in_flight_.front().sent + milliseconds(1) <= now) {
        recorder_.Ended(in_flight_.front().intended, now, "OK", "");
        in_flight_.pop_front();
      }
      while (true) {
        const auto step = scheduler_.Next(now, static_cast<int64_t>(in_flight_.size()));
        done = step.action == Action::kDone;
        if (step.action == Action::kWaitUntil) held = false;
        if (step.action == Action::kWaitForAnswer) held = true;
        if (step.action != Action::kSend) break;
        in_flight_.push_back({step.time, now});
        recorder_.Sent(step.time, now, static_cast<int64_t>(in_flight_.size()), held);
      }
    }
    for (int64_t i = scheduler_.sent(); i < scheduler_.DueBy(now); ++i) {
      recorder_.GivenUp(scheduler_.DueAt(i), now);
    }
    return recorder_.Finish();
  }

 private:
  struct Call {
    SteadyTime intended;
    SteadyTime sent;
  };
  Scheduler scheduler_;
  Recorder recorder_;
  std::deque<Call> in_flight_;
};

TEST(SchedulerTest, OpenLoopSendsAtItsTimesWhateverIsInFlight) {
  Scheduler scheduler(Open(100, 3), kStart);
  EXPECT_EQ(scheduler.Next(kStart, 0).action, Action::kSend);
  const auto wait = scheduler.Next(kStart, 1);
  EXPECT_EQ(wait.action, Action::kWaitUntil);
  EXPECT_EQ(wait.time, kStart + milliseconds(10));
  const auto second = scheduler.Next(kStart + milliseconds(10), 1);
  EXPECT_EQ(second.action, Action::kSend);
  EXPECT_EQ(second.index, 1);
  EXPECT_EQ(scheduler.Next(kStart + milliseconds(20), 2).action, Action::kSend);
  EXPECT_EQ(scheduler.Next(kStart + milliseconds(30), 3).action, Action::kDone);
}

TEST(SchedulerTest, WhoComesLateSendsAllThatIsDueWithTheTimesItWasDueAt) {
  Scheduler scheduler(Open(100, 10), kStart);
  const SteadyTime late = kStart + milliseconds(35);
  for (int i = 0; i < 4; ++i) {
    const auto step = scheduler.Next(late, i);
    ASSERT_EQ(step.action, Action::kSend);
    EXPECT_EQ(step.time, kStart + milliseconds(10 * i));
  }
  EXPECT_EQ(scheduler.Next(late, 4).action, Action::kWaitUntil);
}

TEST(SchedulerTest, FullMeansWaitAndKeepsTheTimeThatWasDue) {
  Scheduler scheduler(Open(100, 10, 1), kStart);
  EXPECT_EQ(scheduler.Next(kStart, 0).action, Action::kSend);
  EXPECT_EQ(scheduler.Next(kStart + milliseconds(500), 1).action, Action::kWaitForAnswer);
  const auto step = scheduler.Next(kStart + milliseconds(600), 0);
  EXPECT_EQ(step.action, Action::kSend);
  EXPECT_EQ(step.time, kStart + milliseconds(10));
}

TEST(SchedulerTest, GivesUpATimeoutAfterTheLastWasDue) {
  Scheduler scheduler(Open(100, 10, 1), kStart);
  EXPECT_EQ(scheduler.Next(kStart, 0).action, Action::kSend);
  const SteadyTime end = kStart + milliseconds(100 + 5000);
  EXPECT_EQ(scheduler.Next(end - milliseconds(1), 1).action, Action::kWaitForAnswer);
  EXPECT_EQ(scheduler.Next(end, 1).action, Action::kDone);
  EXPECT_EQ(scheduler.DueBy(end), 10);
  EXPECT_EQ(scheduler.sent(), 1);
}

TEST(SchedulerTest, TimesDoNotDriftInALongRun) {
  const Scheduler scheduler(Open(3, 10'000'000), kStart);
  EXPECT_EQ(scheduler.DueAt(9'000'000) - kStart, std::chrono::seconds(3'000'000));
}

TEST(SchedulerTest, ClosedLoopKeepsItsNumberInFlight) {
  Scheduler scheduler({.calls = 3, .limit = 2}, kStart);
  EXPECT_EQ(scheduler.Next(kStart, 0).action, Action::kSend);
  EXPECT_EQ(scheduler.Next(kStart, 1).action, Action::kSend);
  EXPECT_EQ(scheduler.Next(kStart, 2).action, Action::kWaitForAnswer);
  const auto step = scheduler.Next(kStart + milliseconds(7), 1);
  EXPECT_EQ(step.action, Action::kSend);
  EXPECT_EQ(step.time, kStart + milliseconds(7)) << "the time of the sending";
  EXPECT_EQ(scheduler.Next(kStart + milliseconds(7), 2).action, Action::kDone);
}

TEST(SchedulerTest, StoppedSendsNothing) {
  Scheduler scheduler(Open(100, 10), kStart);
  EXPECT_EQ(scheduler.Next(kStart, 0).action, Action::kSend);
  scheduler.Stop();
  EXPECT_EQ(scheduler.Next(kStart + milliseconds(50), 0).action, Action::kDone);
  EXPECT_EQ(scheduler.DueBy(kStart + milliseconds(50)), 6);
}

// 200 a second for 4 s, of which the server stands still for one: a quarter of all calls was due
// meanwhile and waited for up to a second.
TEST(OpenLoopTest, StallIsInThePercentilesHoweverFewMayBeInFlight) {
  for (const int64_t limit : {1000, 4}) {
    const Results results = Simulation(Open(200, 800, limit))
                                .Run(kStart + milliseconds(1500), kStart + milliseconds(2500));
    EXPECT_EQ(results.Calls(), 800) << limit;
    EXPECT_EQ(results.CallsOf("OK"), 800) << limit;
    EXPECT_LT(results.latency.Percentile(50), milliseconds(10)) << limit;
    EXPECT_NEAR(static_cast<double>(results.latency.Percentile(90).count()), 600e3, 40e3) << limit;
    EXPECT_GE(results.latency.max(), milliseconds(990)) << limit;
    EXPECT_LE(results.latency.max(), milliseconds(1100)) << limit;
    EXPECT_GE(results.most_in_flight, limit == 4 ? 4 : 200) << limit;
    EXPECT_EQ(results.late > 150, limit == 4) << limit;
    EXPECT_EQ(results.held, results.late) << limit;
  }
}

TEST(OpenLoopTest, ClosedLoopHidesTheSameStall) {
  const Results results = Simulation({.calls = 800, .limit = 1})
                              .Run(kStart + milliseconds(400), kStart + milliseconds(1400));
  EXPECT_LT(results.latency.Percentile(99), milliseconds(10));
  EXPECT_GE(results.latency.max(), milliseconds(990));
}

TEST(OpenLoopTest, CallsThatCannotBeSentAreCountedWithTheirWait) {
  const Results results = Simulation(Open(100, 100, 4)).Run(kStart, kStart + milliseconds(10'000));
  EXPECT_EQ(results.sent, 4);
  EXPECT_EQ(results.Calls(), 100);
  EXPECT_EQ(results.CallsOf(kNotSent), 96);
  EXPECT_EQ(results.Errors(), 96);
  EXPECT_GE(results.latency.Percentile(5), milliseconds(5000));
}

}  // namespace
}  // namespace trellis::cli::load
