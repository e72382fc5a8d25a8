#include "services/enqueue/queue_monitor.h"

#include <cmath>

#include "services/enqueue/testing/redis_fixture.h"

namespace trellis::enqueue::testing {
namespace {

class QueueMonitorTest : public RedisFixture {
 protected:
  QueueMonitorTest() { monitor_.Start(); }

  [[nodiscard]] double Jobs(const std::string& state) {
    return metrics_.AddGauge("trellis_queue_jobs", "", {{"queue", "messages"}, {"state", state}})
        .Value();
  }
  [[nodiscard]] double Gauge(const std::string& name) {
    return metrics_.AddGauge(name, "", {{"queue", "messages"}}).Value();
  }
  template <typename Condition>
  [[nodiscard]] bool RunUntil(Condition condition) {
    const base::Deadline deadline = Soon();
    while (!condition() && !deadline.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(5));
    }
    return condition();
  }

  telemetry::Metrics metrics_;
  QueueMonitor monitor_{context_.get_executor(), *queue_, "messages", metrics_, milliseconds(10)};
};

TEST_F(QueueMonitorTest, ShowsHowManyJobsThereAreInEachState) {
  Enqueue({"a", "b", "c", "d"});
  WorkerEnd worker = MakeWorker("w");
  auto jobs = Claim(worker, 2);
  ASSERT_EQ(jobs.size(), 2U);
  jobs[0].max_attempts = 1;
  EXPECT_TRUE(*Await(worker.source->Fail(jobs[0], "no good", milliseconds(0), Soon())));
  EXPECT_TRUE(RunUntil([&] { return Jobs("dead") == 1; }));
  EXPECT_EQ(Jobs("ready"), 2);
  EXPECT_EQ(Jobs("in_flight"), 1);
  EXPECT_EQ(Jobs("scheduled"), 0);
  EXPECT_EQ(Jobs("retrying"), 0);
  EXPECT_EQ(Gauge("trellis_queue_workers"), 1);
  EXPECT_EQ(Gauge("trellis_queue_paused"), 0);
  EXPECT_TRUE(Await(queue_->SetPaused("messages", true, Soon())).ok());
  EXPECT_TRUE(RunUntil([&] { return Gauge("trellis_queue_paused") == 1; }));
}

TEST_F(QueueMonitorTest, AgeIsThatOfTheNextJobAndZeroWhenNoneWaits) {
  EXPECT_TRUE(RunUntil([&] { return Jobs("ready") == 0; }));
  EXPECT_EQ(Gauge("trellis_queue_oldest_age_seconds"), 0);
  Enqueue({"a"});
  EXPECT_TRUE(RunUntil([&] { return Gauge("trellis_queue_oldest_age_seconds") > 0.05; }));
  WorkerEnd worker = MakeWorker("w");
  Claim(worker);
  EXPECT_TRUE(RunUntil([&] { return Gauge("trellis_queue_oldest_age_seconds") == 0; }));
}

TEST_F(QueueMonitorTest, CountsThatAreNotKnownAreNotShown) {
  EXPECT_TRUE(std::isnan(Jobs("ready"))) << "nobody has asked yet";
  EXPECT_TRUE(RunUntil([&] { return Jobs("ready") == 0; }));
  redis_.Kill();
  EXPECT_TRUE(RunUntil([&] { return std::isnan(Jobs("ready")); }));
  EXPECT_TRUE(std::isnan(Gauge("trellis_queue_oldest_age_seconds")));
}

}  // namespace
}  // namespace trellis::enqueue::testing
