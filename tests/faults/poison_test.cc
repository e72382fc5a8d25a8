// A job that kills its workers is set aside after the third, and takes nobody with it.
#include "tests/faults/chaos.h"
#include "tests/support/job_view.h"
#include "tests/support/json.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"
#include "trellis/enqueue/v1/enqueue.pb.h"

namespace trellis::faults {
namespace {

using testing::JobView;
using testing::Ledger;
using testing::Load;
using testing::Verdict;

class PoisonTest : public testing::StackTest {};

TEST_F(PoisonTest, JobThatKillsThreeWorkersIsDeadAndItsNeighboursAreNot) {
  Make({.workers = 2, .worker = {{"PROCESSING_DELAY_MS", "1s"}}});
  Ledger ledger;
  Load load(ledger, {.http_port = stack().http_port(), .total = 20, .pause = milliseconds(0)});
  load.Start();
  const std::string poison = stack().Enqueue("poison");
  ledger.Attempt("poison");
  ledger.SetAside("poison");
  const JobView view(stack().redis());
  for (int deaths = 0; deaths < 3; ++deaths) {
    ServerProcess* victim = nullptr;
    // Its neighbours were suspected with it, and may be run one by one before it.
    ASSERT_TRUE(WaitUntil(
        [&] {
          victim = stack().FindWorker(view.HolderOf(poison));
          return victim != nullptr;
        },
        milliseconds(40'000)))
        << "death " << deaths;
    victim->Kill();
    victim->Start();  // and is not waited for: meanwhile the other one could be done with it
  }
  load.Wait();
  ASSERT_TRUE(WaitUntil([&] { return view.IsDead(poison); }));
  ASSERT_TRUE(stack().AwaitDrained(milliseconds(40'000), 1));
  const auto reply = stack().Http().Get("/v1/queues/messages/jobs/" + poison);
  const auto job = testing::FromJson<enqueue::v1::Job>(reply->body);
  EXPECT_EQ(job.state(), enqueue::v1::DEAD);
  EXPECT_EQ(job.crashes(), 3);
  EXPECT_FALSE(job.last_error().empty());
  const Verdict verdict = ledger.Judge(stack().Output());
  EXPECT_EQ(verdict.processed, 20);
  EXPECT_TRUE(verdict.Good()) << verdict;
}

TEST_F(PoisonTest, DeadJobRunsWhenItIsRetried) {
  Make({.workers = 1, .worker = {{"PROCESSING_DELAY_MS", "600s"}}});
  const std::string id = stack().Enqueue("second chance");
  const JobView view(stack().redis());
  for (int deaths = 0; deaths < 3; ++deaths) {
    ASSERT_TRUE(WaitUntil([&] { return stack().FindWorker(view.HolderOf(id)) != nullptr; }));
    stack().worker(0).Kill();
    if (deaths == 2) stack().worker(0).Set("PROCESSING_DELAY_MS", "0");
    stack().worker(0).StartAndAwaitReady();
  }
  ASSERT_TRUE(WaitUntil([&] { return view.IsDead(id); }));
  ASSERT_EQ(stack().Http().PostJson("/v1/queues/messages/dead:retry", "{}")->status, 200);
  EXPECT_TRUE(stack().AwaitLine("second chance"));
}

TEST_F(PoisonTest, JobThatNobodyCanReadIsDeadAndTheOthersRun) {
  Make({.workers = 0});
  stack().redis().Run({"HSET", "{messages}:jobs", "damaged", "these bytes are no job"});
  stack().redis().Run({"LPUSH", "messages", "job:damaged"});
  stack().Enqueue("healthy");
  stack().AddWorker();
  EXPECT_TRUE(stack().AwaitLine("healthy"));
  const JobView view(stack().redis());
  EXPECT_TRUE(WaitUntil([&] { return view.IsDead("damaged"); }));
}

}  // namespace
}  // namespace trellis::faults
