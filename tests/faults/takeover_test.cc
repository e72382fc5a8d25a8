// Guarantee 2: a job in the hands of a worker that is killed runs elsewhere within a second, of one
// that is stopped within three.
#include <iostream>

#include "tests/faults/chaos.h"
#include "tests/support/job_view.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"

namespace trellis::faults {
namespace {

using std::chrono::steady_clock;
using testing::JobView;
using testing::Percentile;

class TakeoverTest : public testing::StackTest {
 protected:
  struct Held {
    std::string id;
    std::string worker_id;
    ServerProcess* worker = nullptr;
  };
  // A new job, and the worker that has it by now.
  Held EnqueueAndFindHolder(const std::string& message) {
    Held held;
    held.id = stack().Enqueue(message);
    const JobView view(stack().redis());
    (void)WaitUntil([&] {
      held.worker_id = view.HolderOf(held.id);
      held.worker = stack().FindWorker(held.worker_id);
      return held.worker != nullptr;
    });
    if (held.worker == nullptr) throw std::runtime_error("no worker took " + message);
    return held;
  }

  // Waits until another worker runs the job; how long that took, in ms, negative when too long.
  double AwaitElsewhere(const Held& held, milliseconds patience) {
    const JobView view(stack().redis());
    const auto start = steady_clock::now();
    const bool elsewhere = WaitUntil(
        [&] {
          const std::string holder = view.HolderOf(held.id);
          return !holder.empty() && holder != held.worker_id;
        },
        patience);
    const std::chrono::duration<double, std::milli> took = steady_clock::now() - start;
    return elsewhere ? took.count() : -1;
  }

  // Most rounds are within the bound. All are within a much longer time: the greatest of a few
  // times is that of the one in which the machine stood still, which may cost a lease on top.
  static void ExpectMostWithin(double bound_ms, const char* what,
                               const std::vector<double>& times) {
    const double p50 = Percentile(times, 0.5), p90 = Percentile(times, 0.9);
    const double longest = Percentile(times, 1);
    std::cout << what << ": " << times.size() << " times, p50 " << p50 << " ms, p90 " << p90
              << " ms, longest " << longest << " ms" << std::endl;
    EXPECT_LT(p90, bound_ms);
    EXPECT_LT(longest, bound_ms + 4000);
  }

  const testing::Variables kSlowWork = {{"PROCESSING_DELAY_MS", "400ms"}};
};

TEST_F(TakeoverTest, JobsOfKilledWorkersRunElsewhereWithinASecond) {
  Make({.workers = 3, .worker = kSlowWork});
  std::vector<double> times;
  for (int round = 0; round < 24; ++round) {
    const Held held = EnqueueAndFindHolder("job " + std::to_string(round));
    held.worker->Kill();
    times.push_back(AwaitElsewhere(held, milliseconds(8000)));
    ASSERT_GT(times.back(), 0) << "round " << round;
    held.worker->StartAndAwaitReady();
    ASSERT_TRUE(stack().AwaitDrained());
  }
  ExpectMostWithin(1000, "killed", times);
  EXPECT_EQ(stack().Output().lines.size(), times.size());
}

TEST_F(TakeoverTest, JobsOfStoppedWorkersRunElsewhereWithinThreeSeconds) {
  Make({.workers = 3, .worker = kSlowWork});
  std::vector<double> times;
  for (int round = 0; round < 10; ++round) {
    const Held held = EnqueueAndFindHolder("job " + std::to_string(round));
    held.worker->Suspend();
    times.push_back(AwaitElsewhere(held, milliseconds(8000)));
    ASSERT_GT(times.back(), 0) << "round " << round;
    held.worker->Continue();
    ASSERT_TRUE(stack().AwaitDrained());
  }
  ExpectMostWithin(3000, "stopped", times);
  EXPECT_EQ(stack().Output().lines.size(), times.size());
}

TEST_F(TakeoverTest, LoneWorkerTakesOverFromItsOwnPast) {
  Make({.workers = 1, .worker = kSlowWork});
  std::vector<double> times;
  for (int round = 0; round < 5; ++round) {
    const Held held = EnqueueAndFindHolder("mine " + std::to_string(round));
    held.worker->Kill();
    held.worker->Start();
    times.push_back(AwaitElsewhere(held, milliseconds(8000)));
    ASSERT_GT(times.back(), 0) << "round " << round;
    ASSERT_TRUE(stack().AwaitDrained());
  }
  // Its start is part of it; one that takes a second costs a lease, too.
  EXPECT_LT(Percentile(times, 0.5), 1500);
}

TEST_F(TakeoverTest, ControlLongLeasesKeepTheJobsOfTheDead) {
  Make(
      {.workers = 2,
       .worker = {{"PROCESSING_DELAY_MS", "400ms"}, {"LEASE", "60s"}, {"RECONNECT_GRACE", "60s"}}});
  const Held held = EnqueueAndFindHolder("stuck");
  held.worker->Kill();
  EXPECT_LT(AwaitElsewhere(held, milliseconds(3000)), 0)
      << "this was to show that the check can fail";
}

}  // namespace
}  // namespace trellis::faults
