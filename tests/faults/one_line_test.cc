// Guarantee 3: one line for each job in the output file, though it may be run more than once.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/faults/chaos.h"
#include "tests/support/job_view.h"
#include "tests/support/stack_fixture.h"

namespace trellis::faults {
namespace {

using testing::JobView;

// A process that holds the lock of the output file, as a worker does while it writes.
class LockHolder {
 public:
  explicit LockHolder(const std::string& path) : path_(path) {
    int ready[2];
    if (pipe(ready) != 0) throw std::runtime_error("pipe failed");
    pid_ = fork();
    if (pid_ == 0) {
      // Only what may be called between fork and exec, since other threads may hold locks.
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int fd = open(path_.c_str(), O_RDWR | O_CREAT, 0644);
      struct flock lock {};
      lock.l_type = F_WRLCK;
      lock.l_whence = SEEK_SET;
      const char result = fcntl(fd, F_SETLKW, &lock) == 0 ? 'y' : 'n';
      (void)!write(ready[1], &result, 1);
      for (;;) pause();
    }
    char result = 'n';
    (void)!read(ready[0], &result, 1);
    close(ready[0]);
    close(ready[1]);
    if (result != 'y') throw std::runtime_error("cannot lock " + path);
  }
  ~LockHolder() { Release(); }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;

  void Suspend() const { kill(pid_, SIGSTOP); }
  void Release() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  const std::string path_;
  pid_t pid_ = 0;
};

class OneLineTest : public testing::StackTest {
 protected:
  ServerProcess& AwaitHolder(const std::string& id) {
    ServerProcess* holder = nullptr;
    (void)WaitUntil([&] {
      holder = stack().FindWorker(JobView(stack().redis()).HolderOf(id));
      return holder != nullptr;
    });
    if (holder == nullptr) throw std::runtime_error("no worker took " + id);
    return *holder;
  }
  static bool AwaitFenced(ServerProcess& worker) {
    return WaitUntil(
        [&] { return worker.Metric(R"(trellis_worker_jobs_total{event="fenced"})") > 0; });
  }
  // Lets a worker write the line of the job that it holds, and dies before it can say so to Redis.
  void WriteAndDie(const std::string& id, const std::string& message) {
    ServerProcess& holder = AwaitHolder(id);
    stack().redis().process().Signal(SIGSTOP);
    ASSERT_TRUE(stack().AwaitLine(message));
    holder.Kill();
    stack().redis().process().Signal(SIGCONT);
  }

  // A job is in hand for long enough to do something about it on a busy machine.
  const testing::Variables kSlowWork = {{"PROCESSING_DELAY_MS", "2s"}};
};

TEST_F(OneLineTest, WorkerThatWakesAfterItsJobWasGivenAwayWritesNothing) {
  Make({.workers = 2, .worker = kSlowWork});
  ServerProcess& sleeper = AwaitHolder(stack().Enqueue("slept over"));
  sleeper.Suspend();
  ASSERT_TRUE(stack().AwaitLine("slept over", milliseconds(20'000)));
  sleeper.Continue();
  ASSERT_TRUE(AwaitFenced(sleeper));
  EXPECT_EQ(stack().Output().lines.size(), 1U);
}

TEST_F(OneLineTest, ControlWithFilesOfTheirOwnTheWorkersWriteItTwice) {
  Make({.workers = 0, .worker = kSlowWork});
  const std::string files[] = {stack().File("first.log"), stack().File("second.log")};
  ServerProcess& sleeper = stack().AddWorker({{"OUTPUT_PATH", files[0]}});
  AwaitHolder(stack().Enqueue("slept over"));
  sleeper.Suspend();
  stack().AddWorker({{"OUTPUT_PATH", files[1]}});
  ASSERT_TRUE(WaitUntil([&] { return testing::ReadOutput(files[1]).lines.size() == 1; },
                        milliseconds(20'000)));
  sleeper.Continue();
  ASSERT_TRUE(AwaitFenced(sleeper));
  EXPECT_EQ(testing::ReadOutput(files[0]).lines.size(), 1U)
      << "this was to show that the check can fail";
}

TEST_F(OneLineTest, JobWhoseWorkerDiedBetweenTheLineAndTheAnswerIsNotWrittenAgain) {
  Make({.workers = 1, .worker = kSlowWork});
  const std::string id = stack().Enqueue("written");
  WriteAndDie(id, "written");
  stack().worker(0).StartAndAwaitReady();
  ASSERT_TRUE(stack().AwaitDrained());
  EXPECT_EQ(stack().Output().lines.size(), 1U);
}

TEST_F(OneLineTest, DeadJobWhoseLineIsThereIsNotWrittenAgainWhenRetried) {
  Make({.workers = 1, .worker = kSlowWork});
  const std::string id = stack().Enqueue("written");
  const JobView view(stack().redis());
  for (int deaths = 0; deaths < 3; ++deaths) {
    WriteAndDie(id, "written");
    stack().worker(0).StartAndAwaitReady();
  }
  ASSERT_TRUE(WaitUntil([&] { return view.IsDead(id); }));
  ASSERT_EQ(stack().Http().PostJson("/v1/queues/messages/dead:retry", "{}")->status, 200);
  ASSERT_TRUE(stack().AwaitDrained());
  EXPECT_EQ(stack().Output().lines.size(), 1U);
}

TEST_F(OneLineTest, JobGivenBackWhileItsLineIsBeingWrittenIsWrittenOnce) {
  Make({.workers = 1, .worker = {{"DRAIN_TIMEOUT", "2s"}}});
  LockHolder lock(stack().output_path());
  const std::string id = stack().Enqueue("given back");
  AwaitHolder(id);
  stack().worker(0).Signal(SIGTERM);
  const JobView view(stack().redis());
  ASSERT_TRUE(WaitUntil([&] { return view.Ready() == 1 || !stack().worker(0).running(); }));
  // The worker that gave it back may still be there, with the line in its hands.
  lock.Release();
  EXPECT_EQ(stack().worker(0).AwaitExit(), 0);
  stack().worker(0).StartAndAwaitReady();
  ASSERT_TRUE(stack().AwaitDrained());
  EXPECT_EQ(stack().Output().lines.size(), 1U);
}

TEST_F(OneLineTest, HalfALineIsCutOffAndItsJobWrittenWhole) {
  Make({.workers = 1, .worker = kSlowWork});
  stack().Enqueue("before");
  ASSERT_TRUE(stack().AwaitDrained());
  const std::string id = stack().Enqueue("torn");
  AwaitHolder(id).Kill();
  std::ofstream(stack().output_path(), std::ios::app)
      << "2026-01-01T00:00:00.000Z\t" << id << "\tto";
  stack().worker(0).StartAndAwaitReady();
  ASSERT_TRUE(stack().AwaitDrained());
  const testing::OutputFile output = stack().Output();
  EXPECT_EQ(output.malformed, 0);
  ASSERT_EQ(output.lines.size(), 2U);
  EXPECT_EQ(output.lines[1].message, "torn");
}

TEST_F(OneLineTest, StoppedProcessThatHoldsTheFileIsNotWaitedForForEver) {
  Make({.workers = 1});
  const LockHolder lock(stack().output_path());
  lock.Suspend();
  stack().Enqueue("in the end");
  EXPECT_TRUE(stack().AwaitLine("in the end"));
}

TEST_F(OneLineTest, FileThatIsRotatedAwayIsFollowed) {
  Make({.workers = 2});
  stack().Enqueue("old");
  ASSERT_TRUE(stack().AwaitLine("old"));
  ASSERT_EQ(rename(stack().output_path().c_str(), stack().File("rotated.log").c_str()), 0);
  stack().Enqueue("new");
  EXPECT_TRUE(stack().AwaitLine("new"));
  EXPECT_EQ(testing::ReadOutput(stack().File("rotated.log")).lines.size(), 1U);
}

}  // namespace
}  // namespace trellis::faults
