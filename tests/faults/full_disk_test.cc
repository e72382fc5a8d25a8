// The disk of the output file fills up and gets room again. RLIMIT_FSIZE stands for the full disk:
// with SIGXFSZ ignored a write comes back short or with an error, as with ENOSPC.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

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

class FullDiskTest : public testing::StackTest {
 protected:
  void SetUp() override { std::signal(SIGXFSZ, SIG_IGN); }  // children inherit it

  static void LimitFiles(const ServerProcess& process, rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    ASSERT_EQ(prlimit(process.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
  rlim_t SizeOfOutput() {
    struct stat info {};
    return stat(stack().output_path().c_str(), &info) == 0 ? static_cast<rlim_t>(info.st_size) : 0;
  }
  static double Released(ServerProcess& worker) {
    return worker.Metric(R"(trellis_worker_jobs_total{event="released"})");
  }

  Ledger ledger_;
};

TEST_F(FullDiskTest, JobsAreGivenBackAndRunWhenThereIsRoomAgain) {
  Make({.workers = 1});
  stack().Enqueue("while there is room");
  ledger_.Attempt("while there is room");
  ASSERT_TRUE(stack().AwaitDrained());
  // Room for a line and a half, so that the write that fails has written something.
  LimitFiles(stack().worker(0), SizeOfOutput() + 100);
  Load load(ledger_, {.http_port = stack().http_port(), .total = 100, .pause = milliseconds(0)});
  load.Start();
  load.Wait();
  EXPECT_EQ(load.acknowledged(), 100) << "the queue takes jobs all the same";
  EXPECT_TRUE(WaitUntil([this] { return Released(stack().worker(0)) > 0; }));
  EXPECT_TRUE(stack().worker(0).running());
  // It tries again and again, so one look may see it between the write and the taking back.
  EXPECT_TRUE(WaitUntil([this] { return stack().Output().malformed == 0; }))
      << "what was half written is taken back";
  EXPECT_EQ(JobView(stack().redis()).DeadCount(), 0) << "it is not the jobs' fault";

  LimitFiles(stack().worker(0), RLIM_INFINITY);
  ASSERT_TRUE(stack().AwaitDrained());
  const Verdict verdict = ledger_.Judge(stack().Output());
  EXPECT_EQ(verdict.processed, 101);
  EXPECT_TRUE(verdict.Good()) << verdict;
}

TEST_F(FullDiskTest, WorkerWithRoomDoesTheWorkOfTheOneWithout) {
  Make({.workers = 2});
  stack().Enqueue("first");
  ledger_.Attempt("first");
  ASSERT_TRUE(stack().AwaitDrained());
  LimitFiles(stack().worker(0), SizeOfOutput());
  Load load(ledger_, {.http_port = stack().http_port(), .total = 100, .pause = milliseconds(0)});
  load.Start();
  load.Wait();
  ASSERT_TRUE(stack().AwaitDrained());
  const Verdict verdict = ledger_.Judge(stack().Output());
  EXPECT_EQ(verdict.processed, 101);
  EXPECT_TRUE(verdict.Good()) << verdict;
}

}  // namespace
}  // namespace trellis::faults
