#include "services/weather/worker.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "mesh/base/testing/run.h"
#include "services/weather/testing/fake_work_stream.h"

namespace trellis::weather {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Answers at once, or when the gate opens.
class GatedHandler final : public RequestHandler {
 public:
  Async<std::string> Handle(const Work& work, base::Deadline /*deadline*/) override {
    started.push_back(work.id);
    most = std::max(most, ++running);
    while (closed) co_await base::Sleep(milliseconds(1));
    --running;
    if (throws) throw std::runtime_error("boom");
    if (!status.ok()) co_return status;
    co_return "answer to " + work.id;
  }
  bool closed = false;
  bool throws = false;
  absl::Status status;
  int running = 0;
  int most = 0;
  std::vector<std::string> started;
};

class WeatherWorkerTest : public ::testing::Test {
 protected:
  ~WeatherWorkerTest() override {
    handler_.closed = false;
    if (worker_ && !stopped_) (void)Stop();
  }
  void MakeWorker(WorkerOptions options = {.claim = milliseconds(5)}) {
    options.renew = renew_;
    options.upkeep = milliseconds(10);
    worker_ = std::make_unique<Worker>(context_.get_executor(), stream_, handler_, *clock_,
                                       metrics_, options);
    boost::asio::post(context_, [this] { worker_->Start(); });
  }
  template <typename Condition>
  [[nodiscard]] bool RunUntil(Condition condition, milliseconds patience = milliseconds(5000)) {
    const base::Deadline deadline = base::Deadline::After(patience);
    while (!condition() && !deadline.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(5));
    }
    return condition();
  }
  bool Stop(milliseconds time = milliseconds(3000)) {
    stopped_ = true;
    return base::testing::RunCoroutine(context_, worker_->Stop(base::Deadline::After(time)));
  }

  // As if it had been silent: the stream hands out what this worker has, under a higher token.
  void MakeClaimable(const std::string& id, int64_t deliveries) {
    Work work;
    work.ref = {id, deliveries};
    work.id = id;
    work.reply_stream = "replies";
    stream_.left_by_others.push_back(work);
  }

  boost::asio::io_context context_{1};
  base::SystemClock system_clock_;
  base::ManualClock manual_clock_;
  base::Clock* clock_ = &system_clock_;
  milliseconds renew_{20};
  testing::FakeWorkStream stream_;
  GatedHandler handler_;
  telemetry::Metrics registry_;
  WorkerMetrics metrics_{registry_};
  std::unique_ptr<Worker> worker_;
  bool stopped_ = false;
};

TEST_F(WeatherWorkerTest, AnswersWhatItReadsAndWhatOthersLeft) {
  stream_.Add("left");
  stream_.left_by_others = std::exchange(stream_.ready, {});
  stream_.Add("new");
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 2; }));
  EXPECT_EQ(*stream_.answers[0].body, "answer to left");
  EXPECT_EQ(*stream_.answers[1].body, "answer to new");
  EXPECT_EQ(metrics_.answered.Value(), 2);
  EXPECT_EQ(metrics_.claimed.Value(), 1);
  EXPECT_EQ(metrics_.read.Value(), 1);
}

TEST_F(WeatherWorkerTest, BusyWorkerTakesAllThatADeadOneLeftBeforeItReads) {
  for (int i = 0; i < 20; ++i) stream_.Add("left");
  stream_.left_by_others = std::exchange(stream_.ready, {});
  stream_.Add("new");
  MakeWorker({.concurrency = 1, .claim = milliseconds(60'000)});
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 21; }));
  EXPECT_EQ(stream_.answers.back().id, "new");
  EXPECT_EQ(metrics_.claimed.Value(), 20);
}

// After a pause of the process its own entries are as old as a dead worker's.
TEST_F(WeatherWorkerTest, WhatIsInHandIsRenewedBeforeOthersIsClaimed) {
  clock_ = &manual_clock_;
  renew_ = milliseconds(1000);  // the loop that renews comes later than the next claim
  stream_.Add("a");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 1; }));
  manual_clock_.Advance(milliseconds(3'600'000));
  MakeClaimable("other", 2);
  stream_.time_left["other"] = milliseconds(60'000);
  ASSERT_TRUE(RunUntil([&] { return stream_.claims == 1; }));
  EXPECT_EQ(stream_.renewed_before_claim["a"], 1);
}

TEST_F(WeatherWorkerTest, WhatItClaimsFromItselfRunsOnceAndIsAnsweredUnderTheNewToken) {
  stream_.Add("a");
  handler_.closed = true;
  MakeWorker({.max_deliveries = 3, .claim = milliseconds(5)});
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 1; }));
  for (const int deliveries : {2, 3, 4, 5}) {
    MakeClaimable("a", deliveries);
    ASSERT_TRUE(RunUntil([&] { return stream_.claims == deliveries - 1; }));
  }
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 1; }));
  EXPECT_EQ(*stream_.answers[0].body, "answer to a");
  EXPECT_EQ(stream_.answers[0].ref.deliveries, 5);
  EXPECT_THAT(handler_.started, ElementsAre("a"));
  EXPECT_TRUE(RunUntil([&] { return metrics_.answered.Value() == 1; }));
  EXPECT_EQ(metrics_.stale.Value(), 0);
  EXPECT_EQ(metrics_.poison.Value(), 0);
  EXPECT_EQ(metrics_.claimed.Value(), 0) << "it was nobody else's";
}

TEST_F(WeatherWorkerTest, AnswerThatWaitsToBeSentAgainTakesTheNewToken) {
  stream_.unsendable = "a";
  stream_.Add("a");
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.sends >= 1; }));
  MakeClaimable("a", 2);
  ASSERT_TRUE(RunUntil([&] { return stream_.claims == 1; }));
  stream_.unsendable.clear();
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 1; }));
  EXPECT_EQ(stream_.answers[0].ref.deliveries, 2);
  EXPECT_THAT(handler_.started, ElementsAre("a"));
}

TEST_F(WeatherWorkerTest, AnswerThatItsOwnClaimOvertookIsSentAgain) {
  stream_.send_stalls = true;
  stream_.Add("a");
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.sends == 1; }));
  MakeClaimable("a", 2);
  ASSERT_TRUE(RunUntil([&] { return stream_.claims == 1; }));
  stream_.send_stalls = false;
  ASSERT_TRUE(RunUntil([&] { return metrics_.answered.Value() == 1; }));
  EXPECT_EQ(stream_.answers[0].ref.deliveries, 2);
  EXPECT_EQ(metrics_.stale.Value(), 0);
  EXPECT_THAT(handler_.started, ElementsAre("a"));
}

TEST_F(WeatherWorkerTest, AnswerThatCannotBeSentHoldsUpNoOther) {
  stream_.unsendable = "3";
  handler_.closed = true;
  // Long enough that the others are through before it, also on a slow machine.
  for (int i = 0; i < 8; ++i) stream_.Add(std::to_string(i), milliseconds(i == 3 ? 4000 : 60'000));
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 8; }));
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 7; }));
  stream_.Add("later");
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 8; }, milliseconds(4000)));
  EXPECT_EQ(metrics_.unsent.Value(), 0) << "it is tried until its deadline";
  EXPECT_TRUE(RunUntil([&] { return metrics_.unsent.Value() == 1; }, milliseconds(20'000)));
  EXPECT_EQ(metrics_.in_hand.Value(), 0);
}

TEST_F(WeatherWorkerTest, ExpiredRequestIsDiscardedUnstarted) {
  stream_.Add("late", milliseconds(0));
  stream_.Add("good");
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 2; }));
  EXPECT_THAT(handler_.started, ElementsAre("good"));
  EXPECT_EQ(stream_.answers[0].id, "late");
  EXPECT_EQ(stream_.answers[0].reply_stream, "") << "nobody waits for a reply";
  EXPECT_EQ(metrics_.expired.Value(), 1);
}

TEST_F(WeatherWorkerTest, ControlExpiredRequestIsStartedWhereNobodyLooksAtItsDeadline) {
  stream_.Add("late", milliseconds(0));
  MakeWorker({.ignore_deadlines = true, .claim = milliseconds(5)});
  ASSERT_TRUE(RunUntil([&] { return handler_.started.size() == 1; }));
  EXPECT_EQ(metrics_.expired.Value(), 0);
}

TEST_F(WeatherWorkerTest, RequestWithLessTimeThanTheWorkTakesIsNotStarted) {
  stream_.Add("first");
  handler_.closed = true;
  MakeWorker();
  const base::SteadyTime start = clock_->Now();
  ASSERT_TRUE(RunUntil([&] { return clock_->Now() - start > milliseconds(60); }));
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 1; }));
  stream_.Add("hopeless", milliseconds(10));
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 2; }));
  EXPECT_THAT(handler_.started, ElementsAre("first"));
  EXPECT_EQ(metrics_.hopeless.Value(), 1);
}

TEST_F(WeatherWorkerTest, RequestOverWhichWorkersDieIsAnsweredUnstarted) {
  stream_.Add("killer");
  stream_.ready[0].ref.deliveries = 4;
  stream_.Add("unlucky");
  stream_.ready[1].ref.deliveries = 3;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 2; }));
  EXPECT_THAT(handler_.started, ElementsAre("unlucky"));
  EXPECT_EQ(stream_.answers[0].body.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(metrics_.poison.Value(), 1);
}

TEST_F(WeatherWorkerTest, ErrorsAndWhatIsThrownAreAnswers) {
  handler_.status = absl::NotFoundError("no such city");
  stream_.Add("a");
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 1; }));
  EXPECT_EQ(stream_.answers[0].body.status(), absl::NotFoundError("no such city"));
  handler_.throws = true;
  stream_.Add("b");
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 2; }));
  EXPECT_EQ(stream_.answers[1].body.status(), absl::InternalError("the handler threw: boom"));
}

TEST_F(WeatherWorkerTest, NeverMoreInHandThanItsConcurrency) {
  for (int i = 0; i < 50; ++i) stream_.Add(std::to_string(i));
  handler_.closed = true;
  MakeWorker({.concurrency = 8, .claim = milliseconds(5)});
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 8; }));
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return stream_.answers.size() == 50; }));
  EXPECT_EQ(handler_.most, 8);
}

TEST_F(WeatherWorkerTest, LongWorkIsRenewed) {
  stream_.Add("long");
  handler_.closed = true;
  MakeWorker();
  EXPECT_TRUE(RunUntil([&] { return stream_.renewed["long"] >= 3; }));
}

TEST_F(WeatherWorkerTest, AnswersWaitForRedisToComeBack) {
  stream_.Add("a");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 1; }));
  stream_.away = true;
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return stream_.sends >= 3; }));
  stream_.away = false;
  ASSERT_TRUE(RunUntil([&] { return metrics_.answered.Value() == 1; }));
}

TEST_F(WeatherWorkerTest, AnswersAreDroppedWhenNobodyWaitsForThemAnyMore) {
  stream_.Add("a", milliseconds(100));
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 1; }));
  stream_.away = true;
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return metrics_.unsent.Value() == 1; }));
  stream_.away = false;
  stream_.Add("b");
  ASSERT_TRUE(RunUntil([&] { return metrics_.answered.Value() == 1; }));
  EXPECT_EQ(stream_.answers[0].id, "b");
}

TEST_F(WeatherWorkerTest, RefusedAnswersAreCountedStaleAndRepeatedOnesApart) {
  stream_.refuse["a"] = true;
  stream_.Add("a");
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return metrics_.stale.Value() == 1; }));
  stream_.lose_confirmation = true;
  stream_.Add("b");
  ASSERT_TRUE(RunUntil([&] { return metrics_.repeated.Value() == 1; }));
  EXPECT_EQ(metrics_.stale.Value(), 1);
}

TEST_F(WeatherWorkerTest, StreamIsKeptSmall) {
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.upkeeps >= 2; }));
  EXPECT_GE(metrics_.trimmed.Value(), 1);
  EXPECT_GE(metrics_.forgotten.Value(), 2);
}

TEST_F(WeatherWorkerTest, StopAnswersWhatIsInHandAndTakesNoMore) {
  stream_.Add("a");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 1; }));
  boost::asio::post(context_, [&] {
    stream_.Add("late");
    handler_.closed = false;
  });
  EXPECT_TRUE(Stop());
  ASSERT_THAT(stream_.answers, SizeIs(1));
  EXPECT_EQ(stream_.answers[0].id, "a");
  EXPECT_THAT(stream_.ready, SizeIs(1));
  EXPECT_TRUE(stream_.left);
}

TEST_F(WeatherWorkerTest, StopGivesBackWhatIsNotDoneInTime) {
  stream_.Add("stuck");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 1; }));
  EXPECT_FALSE(Stop(milliseconds(100))) << "a handler is still running";
  EXPECT_THAT(stream_.released, UnorderedElementsAre("stuck"));
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 0; }));
  EXPECT_THAT(stream_.answers, IsEmpty()) << "what was given back is somebody else's";
}

TEST_F(WeatherWorkerTest, WhatWasGivenBackIsNotRenewedAfterIt) {
  stream_.Add("stuck");
  handler_.closed = true;
  MakeWorker();
  ASSERT_TRUE(RunUntil([&] { return stream_.renewed["stuck"] >= 1; }));
  stream_.clock_stalls = true;
  const int syncs = stream_.syncs;
  ASSERT_TRUE(RunUntil([&] { return stream_.syncs > syncs; }));
  const int renewed = stream_.renewed["stuck"];
  EXPECT_FALSE(Stop(milliseconds(100)));
  EXPECT_THAT(stream_.released, UnorderedElementsAre("stuck"));
  stream_.clock_stalls = false;
  handler_.closed = false;
  ASSERT_TRUE(RunUntil([&] { return handler_.running == 0; }));
  const base::Deadline later = base::Deadline::After(milliseconds(60));
  EXPECT_TRUE(RunUntil([&] { return later.Expired(); }));
  EXPECT_EQ(stream_.renewed["stuck"], renewed);
}

}  // namespace
}  // namespace trellis::weather
