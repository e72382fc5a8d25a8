#include "services/enqueue/worker.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>

#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"
#include "services/enqueue/testing/fake_work_source.h"

namespace trellis::enqueue {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Answers each job with what the test says; holds jobs while `gate` is closed.
class FakeHandler final : public JobHandler {
 public:
  explicit FakeHandler(boost::asio::io_context& context) : gate_(context) {
    gate_.expires_at(boost::asio::steady_timer::time_point::max());
  }
  boost::asio::awaitable<absl::Status> Handle(const ClaimedJob& job) override {
    started.push_back(job.ref.id);
    if (closed) {
      boost::system::error_code ignored;
      co_await gate_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    co_return answer(job);
  }
  void OpenGate() {
    closed = false;
    gate_.cancel();
  }

  bool closed = false;
  std::function<absl::Status(const ClaimedJob&)> answer = [](const ClaimedJob&) {
    return absl::OkStatus();
  };
  std::vector<std::string> started;

 private:
  boost::asio::steady_timer gate_;
};

class WorkerTest : public ::testing::Test {
 protected:
  void MakeWorker(WorkerOptions options = {}) {
    options.heartbeat = milliseconds(5);
    options.retry = {milliseconds(1), milliseconds(8)};
    worker_ =
        std::make_unique<Worker>(context_.get_executor(), source_, handler_, metrics_, options);
    worker_->Start();
  }
  bool RunUntil(const std::function<bool()>& condition) {
    return base::testing::WaitUntil([&] {
      context_.restart();
      context_.poll();
      return condition();
    });
  }
  bool Stop(milliseconds patience = milliseconds(2000)) {
    return base::testing::RunCoroutine(context_, worker_->Stop(base::Deadline::After(patience)));
  }

  boost::asio::io_context context_{1};
  testing::FakeWorkSource source_;
  FakeHandler handler_{context_};
  telemetry::Metrics registry_;
  WorkerMetrics metrics_{registry_};
  std::unique_ptr<Worker> worker_;
};

TEST_F(WorkerTest, RunsAndCompletesEveryJob) {
  for (int i = 0; i < 50; ++i) source_.Add(std::to_string(i));
  MakeWorker();
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 50; }));
  EXPECT_THAT(source_.held, IsEmpty());
  EXPECT_EQ(metrics_.completed.Value(), 50);
  EXPECT_TRUE(Stop());
  EXPECT_TRUE(source_.left);
}

TEST_F(WorkerTest, HoldsNoMoreThanItsConcurrency) {
  for (int i = 0; i < 50; ++i) source_.Add(std::to_string(i));
  MakeWorker({.concurrency = 7});
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 50; }));
  EXPECT_EQ(source_.most_held, 7);
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, HoldsNoMoreBytesThanItMay) {
  for (int i = 0; i < 50; ++i) source_.Add(std::to_string(10 + i));  // 13 bytes of message each
  handler_.closed = true;
  MakeWorker({.bytes = 13 * 5});
  const int ticks = source_.ticks;
  ASSERT_TRUE(RunUntil([&] { return source_.ticks > ticks + 5; }));
  EXPECT_THAT(handler_.started, SizeIs(5));
  handler_.OpenGate();
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 50; }));
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, FailedJobIsRetriedThenDead) {
  source_.Add("bad", 3);
  handler_.answer = [](const ClaimedJob&) { return absl::InternalError("broken"); };
  MakeWorker();
  EXPECT_TRUE(RunUntil([&] { return !source_.dead.empty(); }));
  EXPECT_THAT(source_.failed, SizeIs(3));
  EXPECT_THAT(source_.delays, Each(Le(milliseconds(4))));
  EXPECT_EQ(metrics_.dead.Value(), 1);
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, HandlerThatThrowsHasFailed) {
  source_.Add("bad", 1);
  handler_.answer = [](const ClaimedJob&) -> absl::Status { throw std::runtime_error("oops"); };
  MakeWorker();
  EXPECT_TRUE(RunUntil([&] { return !source_.dead.empty(); }));
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, UnavailableHandlerGivesJobsBackUncounted) {
  source_.Add("a");
  bool broken = true;
  handler_.answer = [&broken](const ClaimedJob&) {
    return broken ? absl::UnavailableError("disk full") : absl::OkStatus();
  };
  MakeWorker();
  EXPECT_TRUE(RunUntil([&] { return !source_.released.empty(); }));
  EXPECT_THAT(source_.failed, IsEmpty());
  broken = false;
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 1; }));
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, CompletionsAreKeptThroughAnOutage) {
  source_.Add("a");
  source_.Add("b");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.started.size() == 2; }));
  source_.away = true;
  handler_.OpenGate();
  EXPECT_FALSE(base::testing::WaitUntil(
      [&] {
        context_.restart();
        context_.poll();
        return !source_.completed.empty();
      },
      milliseconds(100)));
  source_.away = false;
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 2; }));
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, ClaimWhoseAnswerWasLostIsGivenBackAndRunOnce) {
  source_.Add("a");
  source_.lost_claims = 1;
  MakeWorker();
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 1; }));
  EXPECT_THAT(handler_.started, ElementsAre("a"));
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, StaleCountDoesNotGiveBackWhatIsJustBeingClaimed) {
  for (int i = 0; i < 200; ++i) source_.Add(std::to_string(i));
  source_.stale_held = 3;
  MakeWorker({.concurrency = 5});
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 200; }));
  EXPECT_TRUE(RunUntil([&] { return source_.reconciled > 0; }));
  EXPECT_FALSE(source_.reconciled_while_claiming);
  EXPECT_THAT(handler_.started, SizeIs(200)) << "no job was run twice";
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, LostLeaseIsTakenAgain) {
  source_.has_lease = false;
  source_.Add("a");
  MakeWorker();
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 1; }));
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, KeepsItsLeaseWhileJobsTakeLong) {
  source_.Add("long");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.started.size() == 1; }));
  const int before = source_.ticks;
  EXPECT_TRUE(RunUntil([&] { return source_.ticks > before + 5; }));
  handler_.OpenGate();
  EXPECT_TRUE(RunUntil([&] { return source_.completed.size() == 1; }));
  EXPECT_TRUE(Stop());
}

TEST_F(WorkerTest, StopFinishesWhatIsInHandAndTakesNoMore) {
  source_.Add("a");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.started.size() == 1; }));
  boost::asio::post(context_, [&] {
    source_.Add("late");
    handler_.OpenGate();
  });
  EXPECT_TRUE(Stop());
  EXPECT_THAT(source_.completed, ElementsAre("a"));
  EXPECT_THAT(source_.ready, SizeIs(1));
}

TEST_F(WorkerTest, StopGivesBackWhatIsNotDoneInTime) {
  source_.Add("stuck");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.started.size() == 1; }));
  EXPECT_FALSE(Stop(milliseconds(100))) << "a handler is still running";
  EXPECT_THAT(source_.released, UnorderedElementsAre("stuck"));
  EXPECT_THAT(source_.completed, IsEmpty());
  handler_.OpenGate();
  context_.restart();
  context_.poll();
  EXPECT_THAT(source_.completed, IsEmpty()) << "what was given back is somebody else's";
}

}  // namespace
}  // namespace trellis::enqueue
