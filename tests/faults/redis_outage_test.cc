// Guarantee 4: Redis may be away for long; nothing is lost, and every process goes on within two
// seconds of its return, without a restart. TRELLIS_LONG=1 makes the outage a minute.
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "tests/faults/chaos.h"
#include "tests/faults/stall_watch.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"

namespace trellis::faults {
namespace {

using std::chrono::steady_clock;
using testing::Ledger;
using testing::Load;
using testing::Verdict;

constexpr char kCompleted[] = R"(trellis_worker_jobs_total{event="completed"})";

milliseconds Outage() {
  const char* is_long = std::getenv("TRELLIS_LONG");
  return milliseconds(is_long != nullptr && std::string(is_long) == "1" ? 60000 : 10000);
}

class RedisOutageTest : public testing::StackTest {
 protected:
  std::vector<pid_t> Pids() {
    std::vector<pid_t> pids = {stack().service().pid(), stack().gateway().pid()};
    for (size_t i = 0; i < stack().workers(); ++i) pids.push_back(stack().worker(i).pid());
    return pids;
  }
  bool AllRun() {
    bool all = stack().service().running() && stack().gateway().running();
    for (size_t i = 0; i < stack().workers(); ++i) all = all && stack().worker(i).running();
    return all;
  }

  // Load before, during and after `outage`; `end_outage` returns when Redis answers again.
  template <typename Begin, typename End>
  void GoOnAfter(Begin begin_outage, End end_outage) {
    // Slower than the load, so that jobs wait at all times: a worker that completes nothing has not
    // come back, and was not just outrun by the other.
    Make({.workers = 2, .worker = {{"WORKER_CONCURRENCY", "2"}, {"PROCESSING_DELAY_MS", "20ms"}}});
    Ledger ledger;
    Load load(ledger, {.http_port = stack().http_port(), .patience = milliseconds(5000)});
    load.Start();
    ASSERT_TRUE(WaitUntil([&] { return load.acknowledged() > 100; }));
    const std::vector<pid_t> pids = Pids();
    begin_outage();
    Pass(Outage());
    EXPECT_TRUE(AllRun());
    double before[2];
    for (size_t i = 0; i < 2; ++i) {
      ASSERT_TRUE(
          WaitUntil([&] { return !std::isnan(before[i] = stack().worker(i).Metric(kCompleted)); }));
    }
    end_outage();
    // Backoffs alone add up to more than half of what is allowed: without the time in which the
    // machine stood still.
    const StallWatch stalls;
    const auto back = steady_clock::now();
    const auto since = [&] {
      return std::chrono::duration<double, std::milli>(steady_clock::now() - back).count() -
             stalls.milliseconds();
    };
    EXPECT_TRUE(WaitUntil([this] {
      const auto reply =
          testing::HttpClient(stack().http_port(), milliseconds(500)).Get("/v1/queues/messages");
      return reply.ok() && reply->status == 200;
    }));
    const double service_ms = since();
    const int acknowledged = load.acknowledged();
    EXPECT_TRUE(WaitUntil([&] { return load.acknowledged() > acknowledged; }));
    const double enqueue_ms = since();
    double worker_ms[2] = {};
    EXPECT_TRUE(WaitUntil([&] {
      for (size_t i = 0; i < 2; ++i) {
        if (worker_ms[i] > 0) continue;
        if (stack().worker(i).Metric(kCompleted) > before[i]) worker_ms[i] = since();
      }
      return worker_ms[0] > 0 && worker_ms[1] > 0;
    }));
    std::cout << "after " << Outage().count() / 1000 << " s of outage: reads " << service_ms
              << " ms, an enqueue " << enqueue_ms << " ms, workers " << worker_ms[0] << " and "
              << worker_ms[1] << " ms; the machine stood still for " << stalls.milliseconds()
              << " ms" << std::endl;
    EXPECT_LT(enqueue_ms, 2000);
    for (const double ms : worker_ms) EXPECT_LT(ms, 2000);
    load.Stop();
    EXPECT_EQ(Pids(), pids) << "nobody was to be restarted";
    ASSERT_TRUE(stack().AwaitDrained());
    const Verdict verdict = ledger.Judge(stack().Output());
    std::cout << verdict << std::endl;
    EXPECT_TRUE(verdict.Good()) << verdict;
  }
};

TEST_F(RedisOutageTest, EverythingGoesOnWhenAKilledRedisComesBack) {
  GoOnAfter([this] { stack().redis().Kill(); }, [this] { stack().redis().Start(); });
}

TEST_F(RedisOutageTest, EverythingGoesOnWhenAFrozenRedisWakes) {
  GoOnAfter(
      [this] { stack().redis().process().Signal(SIGSTOP); },
      [this] {
        stack().redis().process().Signal(SIGCONT);
        ASSERT_TRUE(WaitUntil([this] { return stack().redis().Run({"PING"}).Text() == "PONG"; }));
      });
}

TEST_F(RedisOutageTest, JobsInHandWhenRedisGoesAreWrittenOnce) {
  Make({.workers = 2, .worker = {{"PROCESSING_DELAY_MS", "500ms"}}});
  Ledger ledger;
  Load load(ledger, {.http_port = stack().http_port(), .total = 50, .pause = milliseconds(0)});
  load.Start();
  load.Wait();
  stack().redis().Kill();
  // Longer than a lease: the workers finish their work while nobody can be told.
  Pass(milliseconds(3000));
  stack().redis().Start();
  ASSERT_TRUE(stack().AwaitDrained());
  const Verdict verdict = ledger.Judge(stack().Output());
  EXPECT_EQ(verdict.processed, 50);
  EXPECT_TRUE(verdict.Good()) << verdict;
}

}  // namespace
}  // namespace trellis::faults
