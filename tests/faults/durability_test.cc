// Guarantee 1: what was acknowledged is processed, whatever is killed meanwhile; and one line each.
#include <csignal>
#include <iostream>

#include "tests/faults/chaos.h"
#include "tests/support/job_view.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"

namespace trellis::faults {
namespace {

using testing::JobView;
using testing::Ledger;
using testing::Load;
using testing::Verdict;

class DurabilityTest : public testing::StackTest {
 protected:
  // Waits for the end of all jobs. A job that was in the hands of three workers when they were
  // killed is dead, not lost: it is asked for again, as an operator would.
  bool Drain() {
    const JobView view(stack().redis());
    return WaitUntil(
        [&] {
          if (view.DeadCount() > 0) {
            (void)stack().Http().PostJson("/v1/queues/messages/dead:retry", "{}");
          }
          return view.Unfinished() == 0;
        },
        milliseconds(60000));
  }

  Ledger ledger_;
};

TEST_F(DurabilityTest, AcknowledgedMessagesOutliveRandomKillsOfEverything) {
  Make({.workers = 3, .worker = {{"PROCESSING_DELAY_MS", "20ms"}, {"WORKER_CONCURRENCY", "50"}}});
  Chaos chaos(stack(), RandomSeed());
  Load load(ledger_, {.http_port = stack().http_port(), .patience = milliseconds(3000)});
  load.Start();
  chaos.RunFor(milliseconds(30000));
  load.Stop();
  chaos.Heal();
  ASSERT_TRUE(Drain());
  const Verdict verdict = ledger_.Judge(stack().Output());
  std::cout << chaos.Summary() << "\n" << verdict << std::endl;
  EXPECT_TRUE(verdict.Good()) << verdict;
  EXPECT_GT(verdict.acknowledged, 500);
}

TEST_F(DurabilityTest, RollingRestartsLoseAndRepeatNothing) {
  // A drain time that is shorter than the work, so that jobs are given back all the time.
  Make({.workers = 3,
        .worker = {{"PROCESSING_DELAY_MS", "150ms"},
                   {"WORKER_CONCURRENCY", "50"},
                   {"DRAIN_TIMEOUT", "100ms"}}});
  Load load(ledger_, {.http_port = stack().http_port(), .patience = milliseconds(5000)});
  load.Start();
  for (int round = 0; round < 10; ++round) {
    for (size_t i = 0; i < stack().workers(); ++i) {
      EXPECT_EQ(stack().worker(i).Terminate(), 0);
      stack().worker(i).StartAndAwaitReady();
    }
    EXPECT_EQ(stack().service().Terminate(), 0);
    stack().service().StartAndAwaitReady();
  }
  load.Stop();
  ASSERT_TRUE(Drain());
  const Verdict verdict = ledger_.Judge(stack().Output());
  std::cout << verdict << std::endl;
  EXPECT_TRUE(verdict.Good()) << verdict;
}

TEST_F(DurabilityTest, ConnectionsThatBreakAllTheTimeLoseAndRepeatNothing) {
  Make({.workers = 0});
  Load load(ledger_, {.http_port = stack().http_port(), .total = 5000, .pause = milliseconds(0)});
  load.Start();
  load.Wait();
  const testing::Variables small = {{"PROCESSING_DELAY_MS", "20ms"}, {"WORKER_CONCURRENCY", "20"}};
  for (int i = 0; i < 3; ++i) stack().AddWorker(small);
  // Answers get lost, those to claims among them, and scripts have to be sent again.
  const JobView view(stack().redis());
  ASSERT_TRUE(WaitUntil(
      [&] {
        stack().redis().Run({"SCRIPT", "FLUSH"});
        stack().redis().Run({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
        Pass(milliseconds(200));
        return view.Ready() == 0;
      },
      milliseconds(60000)));
  ASSERT_TRUE(Drain());
  const Verdict verdict = ledger_.Judge(stack().Output());
  std::cout << verdict << std::endl;
  EXPECT_TRUE(verdict.Good()) << verdict;
}

TEST_F(DurabilityTest, ControlTheSeedsWayLosesWhatTheWorkerHolds) {
  Make({.workers = 1, .worker = {{"CONSUME_MODE", "brpop"}, {"PROCESSING_DELAY_MS", "30ms"}}});
  Load load(ledger_, {.http_port = stack().http_port(), .total = 100, .pause = milliseconds(0)});
  load.Start();
  load.Wait();
  for (int kills = 0; kills < 5; ++kills) {
    ASSERT_TRUE(WaitUntil([this] {
      return stack().worker(0).Metric("trellis_worker_jobs_in_hand") > 0 ||
             JobView(stack().redis()).Ready() == 0;
    }));
    stack().worker(0).Kill();
    stack().worker(0).StartAndAwaitReady();
  }
  // First in, first out, one at a time: when the last one is done, so are all others.
  stack().Enqueue("last");
  ASSERT_TRUE(stack().AwaitLine("last", milliseconds(20000)));
  ledger_.Attempt("last");
  const Verdict verdict = ledger_.Judge(stack().Output());
  std::cout << verdict << std::endl;
  EXPECT_GT(verdict.lost, 0) << "this was to show that the check can fail";
}

TEST_F(DurabilityTest, ControlARedisWithoutAppendOnlyFileLosesWhatWasAcknowledged) {
  Make({.workers = 0, .redis_arguments = {"--appendonly", "no"}});
  Load load(ledger_, {.http_port = stack().http_port(), .total = 50, .pause = milliseconds(0)});
  load.Start();
  load.Wait();
  stack().redis().Kill();
  stack().redis().Start();
  stack().AddWorker();
  ASSERT_TRUE(Drain());
  const Verdict verdict = ledger_.Judge(stack().Output());
  EXPECT_EQ(verdict.lost, 50) << verdict;
}

}  // namespace
}  // namespace trellis::faults
