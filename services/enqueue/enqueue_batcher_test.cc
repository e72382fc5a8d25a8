#include "services/enqueue/enqueue_batcher.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/redis/testing/fake_client.h"
#include "services/enqueue/testing/batcher_fixture.h"

namespace trellis::enqueue {
namespace {

using ::testing::ElementsAre;
using testing::EnqueueTogether;
using testing::Jobs;
using testing::JobsOf;
using testing::Outcome;
using ::testing::SizeIs;
using testing::Wish;
using EnqueueBatcherTest = testing::BatcherFixture;

TEST_F(EnqueueBatcherTest, RequestsOfOneTurnAreOneCall) {
  const auto outcomes = Together({{JobsOf(1)}, {JobsOf(2)}, {JobsOf(3)}});
  for (const Outcome& outcome : outcomes) EXPECT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(client_.commands(), 1);
  EXPECT_EQ(Stats().ready, 6);
}

TEST_F(EnqueueBatcherTest, RequestOfALaterTurnIsACallOfItsOwn) {
  (void)Together({{JobsOf(1)}});
  (void)Together({{JobsOf(1)}});
  EXPECT_EQ(client_.commands(), 2);
}

TEST_F(EnqueueBatcherTest, EachRequestGetsItsOwnAnswer) {
  const auto outcomes = Together(
      {{{{.message = "a"}}}, {{{.message = "b"}, {.message = "c"}}}, {{{.message = "d"}}}});
  ASSERT_THAT(outcomes, SizeIs(3));
  std::vector<std::string> messages;
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    for (const EnqueueResult& result : *outcome) {
      EXPECT_FALSE(result.duplicate);
      messages.push_back(Get(result.id).message);
    }
  }
  EXPECT_THAT(messages, ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(*outcomes[1], SizeIs(2));
}

TEST_F(EnqueueBatcherTest, JobsRunInTheOrderOfTheRequests) {
  (void)Together(
      {{{{.message = "a"}}}, {{{.message = "b"}, {.message = "c"}}}, {{{.message = "d"}}}});
  EXPECT_THAT(Ready(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(EnqueueBatcherTest, RequestWithoutJobsIsAnswered) {
  const auto outcomes = Together({{Jobs{}}, {JobsOf(1)}});
  ASSERT_TRUE(outcomes[0].ok()) << outcomes[0].status();
  EXPECT_THAT(*outcomes[0], SizeIs(0));
  EXPECT_TRUE(outcomes[1].ok());
}

TEST_F(EnqueueBatcherTest, QueuesDoNotShareACall) {
  const auto outcomes = Together({{.jobs = {{.message = "a"}}, .queue = "one"},
                                  {.jobs = {{.message = "b"}}, .queue = "two"},
                                  {.jobs = {{.message = "c"}}, .queue = "one"}});
  EXPECT_EQ(client_.commands(), 2);
  EXPECT_THAT(Ready("one"), ElementsAre("a", "c"));
  EXPECT_THAT(Ready("two"), ElementsAre("b"));
}

TEST_F(EnqueueBatcherTest, FullQueueRefusesARequestAndNotItsNeighbours) {
  const auto outcomes = Together({{JobsOf(2, "a")}, {JobsOf(2, "b")}, {JobsOf(1, "c")}}, 3);
  EXPECT_EQ(client_.commands(), 1);
  EXPECT_TRUE(outcomes[0].ok()) << outcomes[0].status();
  EXPECT_EQ(outcomes[1].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(outcomes[2].ok()) << outcomes[2].status();
  EXPECT_THAT(Ready(), ElementsAre("a", "a", "c"));
  EXPECT_EQ(redis_.Run({"HLEN", "{messages}:jobs"}).Integer(), 3);
}

TEST_F(EnqueueBatcherTest, RefusedRequestLeavesItsUniqueKeysFree) {
  const NewJob job{.message = "m", .unique_key = "k", .unique_for = milliseconds(60'000)};
  const auto outcomes = Together({{Jobs{job, NewJob{.message = "too many"}}}, {Jobs{job}}}, 1);
  EXPECT_EQ(outcomes[0].status().code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(outcomes[1].ok()) << outcomes[1].status();
  EXPECT_FALSE(outcomes[1]->front().duplicate);
}

TEST_F(EnqueueBatcherTest, UniqueKeyOfAnotherRequestOfTheBatchIsADuplicate) {
  const NewJob job{.message = "m", .unique_key = "k", .unique_for = milliseconds(60'000)};
  const auto outcomes = Together({{Jobs{job}}, {Jobs{{.message = "other"}, job}}});
  ASSERT_TRUE(outcomes[0].ok() && outcomes[1].ok());
  EXPECT_FALSE(outcomes[0]->front().duplicate);
  EXPECT_FALSE(outcomes[1]->front().duplicate);
  EXPECT_TRUE(outcomes[1]->back().duplicate);
  EXPECT_EQ(outcomes[1]->back().id, outcomes[0]->front().id);
  EXPECT_THAT(Ready(), ElementsAre("m", "other"));
}

TEST_F(EnqueueBatcherTest, UniqueKeyMayComeTwiceInOneRequest) {
  const NewJob job{.message = "m", .unique_key = "k", .unique_for = milliseconds(60'000)};
  const auto outcomes = Together({{Jobs{job, job}}});
  ASSERT_TRUE(outcomes[0].ok()) << outcomes[0].status();
  EXPECT_TRUE(outcomes[0]->back().duplicate);
  EXPECT_THAT(Ready(), SizeIs(1));
}

TEST_F(EnqueueBatcherTest, DelayedAndReadyJobsShareABatch) {
  const auto outcomes =
      Together({{Jobs{{.message = "later", .delay = milliseconds(60'000)}}}, {JobsOf(1, "now")}});
  EXPECT_EQ(client_.commands(), 1);
  EXPECT_EQ(Get(outcomes[0]->front().id).state, JobState::kScheduled);
  EXPECT_THAT(Ready(), ElementsAre("now"));
}

TEST_F(EnqueueBatcherTest, ScheduledJobsOfTheBatchCountForTheDepth) {
  const auto outcomes =
      Together({{Jobs{{.message = "later", .delay = milliseconds(60'000)}}}, {JobsOf(1)}}, 1);
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(outcomes[1].status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(EnqueueBatcherTest, DeadlinesNearEachOtherShareACall) {
  (void)Together({{JobsOf(1), base::Deadline::At(deadline_.time() - milliseconds(90))},
                  {JobsOf(1), deadline_}});
  EXPECT_EQ(client_.commands(), 1);
}

TEST_F(EnqueueBatcherTest, DeadlinesFarApartDoNotShareACall) {
  const auto outcomes =
      Together({{JobsOf(1), base::Deadline::At(deadline_.time() - milliseconds(1000))},
                {JobsOf(1), deadline_}});
  EXPECT_EQ(client_.commands(), 2);
  EXPECT_THAT(Ready(), SizeIs(2));
}

TEST_F(EnqueueBatcherTest, ChainOfNearDeadlinesDoesNotShareACall) {
  (void)Together({{JobsOf(1), deadline_},
                  {JobsOf(1), base::Deadline::At(deadline_.time() - milliseconds(90))},
                  {JobsOf(1), base::Deadline::At(deadline_.time() - milliseconds(180))}});
  EXPECT_EQ(client_.commands(), 2);
}

TEST_F(EnqueueBatcherTest, BatchOfManyJobsIsSplit) {
  const auto outcomes = Together({{JobsOf(200)}, {JobsOf(200)}, {JobsOf(200)}});
  for (const Outcome& outcome : outcomes) ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(client_.commands(), 2) << "the second request fills the first batch";
  EXPECT_EQ(Stats().ready, 600);
}

TEST_F(EnqueueBatcherTest, BatchOfManyBytesIsSplit) {
  const std::string large(600 * 1024, 'x');
  const auto outcomes = Together({{JobsOf(1, large)}, {JobsOf(1, large)}, {JobsOf(1, large)}});
  for (const Outcome& outcome : outcomes) ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(client_.commands(), 2) << "the second request fills the first batch";
}

TEST_F(EnqueueBatcherTest, SplitBatchesKeepTheOrder) {
  std::vector<Wish> wishes;
  std::vector<std::string> messages;
  for (int i = 0; i < 600; ++i) {
    messages.push_back(std::to_string(i));
    wishes.push_back({JobsOf(1, messages.back())});
  }
  const auto outcomes = Together(wishes);
  EXPECT_EQ(client_.commands(), 3);
  EXPECT_EQ(Ready(), messages);
}

TEST_F(EnqueueBatcherTest, DeadRedisFailsAllOfABatch) {
  redis_.Kill();
  for (const Outcome& outcome : Together({{JobsOf(1)}, {JobsOf(2)}})) {
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kUnavailable);
  }
}

TEST(EnqueueBatcherFaultTest, ErrorReachesAllOfABatch) {
  boost::asio::io_context context{1};
  base::ManualClock clock;
  redis::testing::FakeClient client([](const auto&) {
    return redis::StatusFromError("OOM command not allowed when used memory > 'maxmemory'");
  });
  EnqueueBatcher batcher(client, clock, 10);
  const auto outcomes = EnqueueTogether(context, batcher, {{JobsOf(1)}, {JobsOf(2)}, {JobsOf(1)}});
  EXPECT_THAT(client.commands(), SizeIs(1));
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted);
  }
}

// Answers each call when told to.
class SlowClient final : public redis::Client {
 public:
  explicit SlowClient(boost::asio::io_context& context) : context_(context) {}

  boost::asio::awaitable<absl::StatusOr<redis::Reply>> Execute(redis::Command command,
                                                               base::Deadline deadline) override {
    std::string wire;
    command.AppendTo(&wire);
    const absl::StatusOr<redis::Reply> call = redis::Reply::FromResp(wire);
    jobs_.push_back(static_cast<int>((call->size() - 5) / 6));  // of one job each
    deadlines_.push_back(deadline);
    auto gate = std::make_unique<boost::asio::steady_timer>(context_, base::SteadyTime::max());
    gates_.push_back(std::move(gate));
    const size_t mine = gates_.size() - 1;
    boost::system::error_code ignored;
    co_await gates_[mine]->async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    std::string answer = "*" + std::to_string(jobs_[mine]) + "\r\n";
    for (int i = 0; i < jobs_[mine]; ++i) answer += "*2\r\n:1\r\n$-1\r\n";
    co_return redis::Reply::FromResp(answer);
  }
  void AnswerCall(size_t call) { gates_[call]->cancel(); }
  [[nodiscard]] const std::vector<int>& jobs() const { return jobs_; }  // of each call
  [[nodiscard]] const std::vector<base::Deadline>& deadlines() const { return deadlines_; }

 private:
  boost::asio::io_context& context_;
  std::vector<int> jobs_;
  std::vector<base::Deadline> deadlines_;
  std::vector<std::unique_ptr<boost::asio::steady_timer>> gates_;
};

class EnqueueBatcherUnderWayTest : public ::testing::Test {
 protected:
  // In a turn of its own; counts the answers.
  void Enqueue(int requests, base::Deadline deadline = base::Deadline::Infinite(),
               const std::string& queue = "messages") {
    for (int i = 0; i < requests; ++i) {
      boost::asio::co_spawn(context_, batcher_.Enqueue(queue, JobsOf(1), deadline),
                            [this](const std::exception_ptr&, const Outcome& outcome) {
                              EXPECT_TRUE(outcome.ok()) << outcome.status();
                              ++answers_;
                            });
    }
    Turn();
  }
  void AnswerCall(size_t call) {
    client_.AnswerCall(call);
    Turn();
  }
  void Turn() {
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_{1};
  base::ManualClock clock_;
  SlowClient client_{context_};
  EnqueueBatcher batcher_{client_, clock_, 1000};
  int answers_ = 0;
};

TEST_F(EnqueueBatcherUnderWayTest, WhatComesMeanwhileGoesOutAsOneCallAfterTheAnswer) {
  Enqueue(1);
  Enqueue(2);
  Enqueue(3);
  EXPECT_THAT(client_.jobs(), ElementsAre(1));
  AnswerCall(0);
  EXPECT_EQ(answers_, 1);
  EXPECT_THAT(client_.jobs(), ElementsAre(1, 5));
  Enqueue(1);
  EXPECT_THAT(client_.jobs(), SizeIs(2));
  AnswerCall(1);
  EXPECT_EQ(answers_, 6);
  AnswerCall(2);
  EXPECT_EQ(answers_, 7);
  Enqueue(1);
  EXPECT_THAT(client_.jobs(), ElementsAre(1, 5, 1, 1)) << "nothing is under way: at once";
  AnswerCall(3);
  EXPECT_EQ(answers_, 8);
}

TEST_F(EnqueueBatcherUnderWayTest, FullBatchDoesNotWait) {
  Enqueue(1);
  Enqueue(256);
  EXPECT_THAT(client_.jobs(), ElementsAre(1));
  Enqueue(2);
  EXPECT_THAT(client_.jobs(), ElementsAre(1, 256));
  AnswerCall(1);
  EXPECT_THAT(client_.jobs(), ElementsAre(1, 256, 2));
  AnswerCall(2);
  AnswerCall(0);
  EXPECT_EQ(answers_, 259);
}

TEST_F(EnqueueBatcherUnderWayTest, OneThatMayWaitLongerDoesNotHoldUpOneThatMayNot) {
  const base::Deadline soon = base::Deadline::After(milliseconds(10'000));
  const base::Deadline later = base::Deadline::After(milliseconds(20'000));
  Enqueue(1, soon);
  Enqueue(1, soon);
  Enqueue(1, later);
  ASSERT_THAT(client_.jobs(), ElementsAre(1, 1)) << "the second waits with nobody";
  AnswerCall(0);
  ASSERT_THAT(client_.jobs(), ElementsAre(1, 1, 1));
  EXPECT_EQ(client_.deadlines()[1].time(), soon.time());
  EXPECT_EQ(client_.deadlines()[2].time(), later.time());
  AnswerCall(1);
  AnswerCall(2);
  EXPECT_EQ(answers_, 3);
}

TEST_F(EnqueueBatcherUnderWayTest, QueuesDoNotWaitForEachOther) {
  Enqueue(1);
  Enqueue(1, base::Deadline::Infinite(), "another");
  EXPECT_THAT(client_.jobs(), ElementsAre(1, 1));
  AnswerCall(0);
  AnswerCall(1);
  EXPECT_EQ(answers_, 2);
}

TEST(EnqueueBatcherFaultTest, BatchAfterAFailedOneIsSent) {
  boost::asio::io_context context{1};
  base::ManualClock clock;
  int calls = 0;
  redis::testing::FakeClient client([&calls](const auto&) -> absl::StatusOr<redis::Reply> {
    if (++calls == 1) return absl::UnavailableError("lost");
    return redis::Reply::FromResp("*1\r\n*2\r\n:1\r\n$-1\r\n");
  });
  EnqueueBatcher batcher(client, clock, 10);
  EXPECT_FALSE(EnqueueTogether(context, batcher, {{JobsOf(1)}})[0].ok());
  EXPECT_TRUE(EnqueueTogether(context, batcher, {{JobsOf(1)}})[0].ok());
}

}  // namespace
}  // namespace trellis::enqueue
