#include "services/enqueue/redis_job_queue.h"

#include "mesh/base/ids.h"
#include "mesh/redis/testing/fake_client.h"
#include "services/enqueue/testing/redis_fixture.h"

namespace trellis::enqueue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MessagesOf;
using ::testing::SizeIs;

class RedisJobQueueTest : public testing::RedisFixture {
 protected:
  // The messages of all pages of a state.
  std::vector<std::string> ListAll(JobState state, int page_size) {
    std::vector<std::string> messages;
    std::string token;
    do {
      const auto page = Await(queue_->List("messages", state, page_size, token, Soon()));
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->jobs.size(), static_cast<size_t>(page_size));
      for (const Job& job : page->jobs) messages.push_back(job.message);
      token = page->next_page_token;
    } while (!token.empty());
    return messages;
  }

  EnqueueResult EnqueueOne(NewJob job) {
    const std::vector<NewJob> jobs = {std::move(job)};
    const auto results = Await(queue_->Enqueue("messages", jobs, Soon()));
    EXPECT_TRUE(results.ok()) << results.status();
    return results->front();
  }
};

TEST_F(RedisJobQueueTest, ListIsTheQueueItself) {
  const auto ids = Enqueue({"a", "b"});
  EXPECT_EQ(redis_.Run({"LLEN", "messages"}).Integer(), 2);
  EXPECT_TRUE(base::IsUuid(ids[0]));
  const Job job = Get(ids[1]);
  EXPECT_EQ(job.message, "b");
  EXPECT_EQ(job.state, JobState::kReady);
}

TEST_F(RedisJobQueueTest, LiveUniqueKeyAnswersTheFirstId) {
  const NewJob job{.message = "m", .unique_key = "k", .unique_for = milliseconds(60'000)};
  const EnqueueResult first = EnqueueOne(job);
  const EnqueueResult second = EnqueueOne(job);
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(Stats().ready, 1);
  (void)redis_.Run({"DEL", "{messages}:unique:k"});  // as if its lifetime had ended
  EXPECT_FALSE(EnqueueOne(job).duplicate);
}

TEST_F(RedisJobQueueTest, UniqueKeyLivesAsLongAsAsked) {
  (void)EnqueueOne({.message = "m", .unique_key = "k", .unique_for = milliseconds(60'000)});
  const int64_t left = redis_.Run({"PTTL", "{messages}:unique:k"}).Integer();
  EXPECT_GT(left, 50'000);
  EXPECT_LE(left, 60'000);
}

TEST_F(RedisJobQueueTest, FullQueueTakesNothingOfABatch) {
  RedisJobQueue small(*connection_, clock_, 3);
  const std::vector<NewJob> two = {{.message = "a"}, {.message = "b"}};
  EXPECT_TRUE(Await(small.Enqueue("messages", two, Soon())).ok());
  EXPECT_EQ(Await(small.Enqueue("messages", two, Soon())).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Stats().ready, 2);
  EXPECT_EQ(redis_.Run({"HLEN", "{messages}:jobs"}).Integer(), 2);
}

TEST_F(RedisJobQueueTest, DelayedJobWaitsUntilItIsDue) {
  const EnqueueResult delayed = EnqueueOne({.message = "m", .delay = milliseconds(60'000)});
  EXPECT_EQ(Stats().scheduled, 1);
  EXPECT_EQ(Stats().ready, 0);
  EXPECT_EQ(Get(delayed.id).state, JobState::kScheduled);
  WorkerEnd worker = MakeWorker("w");
  EXPECT_THAT(Claim(worker), IsEmpty());
  (void)redis_.Run({"ZADD", "{messages}:scheduled", "1", delayed.id});  // due long ago
  Tick(worker);
  EXPECT_THAT(MessagesOf(Claim(worker)), ElementsAre("m"));
}

TEST_F(RedisJobQueueTest, ReadyJobsAreListedInTheOrderTheyRun) {
  Enqueue({"a", "b", "c", "d", "e"});
  (void)redis_.Run({"LPUSH", "messages", "pushed"});
  EXPECT_THAT(ListAll(JobState::kReady, 2), ElementsAre("a", "b", "c", "d", "e", "pushed"));
  EXPECT_THAT(ListAll(JobState::kReady, 3), SizeIs(6));
  EXPECT_THAT(ListAll(JobState::kReady, 100), SizeIs(6));
}

TEST_F(RedisJobQueueTest, PageGoesOnWhereALostJobStood) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(
        EnqueueOne({.message = std::to_string(i), .delay = milliseconds(10'000 * (i + 1))}).id);
  }
  const auto first = Await(queue_->List("messages", JobState::kScheduled, 2, "", Soon()));
  ASSERT_THAT(first->jobs, SizeIs(2));
  (void)redis_.Run({"ZREM", "{messages}:scheduled", ids[1]});
  const auto second =
      Await(queue_->List("messages", JobState::kScheduled, 2, first->next_page_token, Soon()));
  ASSERT_THAT(second->jobs, SizeIs(2));
  EXPECT_EQ(second->jobs[0].message, "2");
  EXPECT_EQ(second->jobs[1].message, "3");
}

TEST_F(RedisJobQueueTest, ForeignPageTokenIsRefused) {
  for (const std::string token : {"x", ":", "-1:", "12", "99999999:"}) {
    EXPECT_EQ(Await(queue_->List("messages", JobState::kReady, 2, token, Soon())).status().code(),
              absl::StatusCode::kInvalidArgument)
        << token;
  }
}

TEST_F(RedisJobQueueTest, InFlightJobNamesItsWorker) {
  const auto ids = Enqueue({"a", "b"});
  WorkerEnd worker = MakeWorker("the-worker");
  ASSERT_THAT(Claim(worker, 1), SizeIs(1));
  const Job job = Get(ids[0]);
  EXPECT_EQ(job.state, JobState::kInFlight);
  EXPECT_EQ(job.worker, "the-worker");
  EXPECT_THAT(ListAll(JobState::kInFlight, 10), ElementsAre("a"));
  EXPECT_EQ(Stats().in_flight, 1);
  EXPECT_EQ(Stats().workers, 1);
}

TEST_F(RedisJobQueueTest, DeadJobsAreRetriedOrPurged) {
  Enqueue({"a", "b"});
  WorkerEnd worker = MakeWorker("w");
  const auto jobs = Claim(worker);
  for (const ClaimedJob& claimed : jobs) {
    ClaimedJob last = claimed;
    last.max_attempts = 1;
    EXPECT_TRUE(*Await(worker.source->Fail(last, "no good", milliseconds(0), Soon())));
  }
  EXPECT_EQ(Stats().dead, 2);
  EXPECT_EQ(Stats().failed, 2);
  const Job dead = Get(jobs[0].ref.id);
  EXPECT_EQ(dead.state, JobState::kDead);
  EXPECT_EQ(dead.last_error, "no good");
  EXPECT_EQ(dead.attempts, 1);
  const std::vector<std::string> one = {jobs[0].ref.id, "unknown"};
  EXPECT_EQ(*Await(queue_->PurgeDead("messages", one, Soon())), 1);
  EXPECT_EQ(*Await(queue_->RetryDead("messages", {}, Soon())), 1);
  const auto again = Claim(worker);
  EXPECT_THAT(MessagesOf(again), ElementsAre("b"));
  EXPECT_EQ(again[0].attempts, 0) << "a retried job has all its attempts again";
  EXPECT_TRUE(again[0].redelivered);
  EXPECT_EQ(redis_.Run({"HLEN", "{messages}:jobs"}).Integer(), 1);
}

TEST_F(RedisJobQueueTest, PausedQueueGivesNothing) {
  Enqueue({"a"});
  WorkerEnd worker = MakeWorker("w");
  EXPECT_TRUE(Await(queue_->SetPaused("messages", true, Soon())).ok());
  EXPECT_TRUE(Stats().paused);
  EXPECT_THAT(Claim(worker), IsEmpty());
  EXPECT_TRUE(Await(queue_->SetPaused("messages", false, Soon())).ok());
  EXPECT_THAT(Claim(worker), SizeIs(1));
}

TEST_F(RedisJobQueueTest, UnknownJobIsNotFound) {
  EXPECT_EQ(Await(queue_->Get("messages", "none", Soon())).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(RedisJobQueueTest, QueuesAreListedByName) {
  const std::vector<NewJob> jobs = {{.message = "m"}};
  for (const std::string queue : {"b", "a", "b"}) {
    ASSERT_TRUE(Await(queue_->Enqueue(queue, jobs, Soon())).ok());
  }
  EXPECT_THAT(*Await(queue_->Queues(Soon())), ElementsAre("a", "b"));
}

TEST_F(RedisJobQueueTest, DeadRedisIsUnavailable) {
  redis_.Kill();
  const std::vector<NewJob> jobs = {{.message = "m"}};
  EXPECT_EQ(Await(queue_->Enqueue("messages", jobs, Soon())).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(RedisJobQueueFaultTest, RefusalByRedisKeepsItsCode) {
  boost::asio::io_context context;
  redis::testing::FakeClient client([](const auto& arguments) -> absl::StatusOr<redis::Reply> {
    if (arguments[0] == "SADD") return redis::Reply::FromResp(":1\r\n");
    return redis::StatusFromError("OOM command not allowed when used memory > 'maxmemory'");
  });
  base::ManualClock clock;
  RedisJobQueue queue(client, clock, 10);
  const std::vector<NewJob> jobs = {{.message = "m"}};
  const auto result = base::testing::RunCoroutine(
      context, queue.Enqueue("q", jobs, base::Deadline::After(milliseconds(1000))));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(RedisJobQueueFaultTest, ReadIsTriedAgainWhenTheConnectionIsLostAndWriteIsNot) {
  boost::asio::io_context context;
  int failures = 2;
  redis::testing::FakeClient client([&](const auto& arguments) -> absl::StatusOr<redis::Reply> {
    if (arguments[0] == "SADD") return redis::Reply::FromResp(":1\r\n");
    if (failures-- > 0) return base::MakeStatus(absl::StatusCode::kUnavailable, "lost");
    return redis::Reply::FromResp("*0\r\n");
  });
  base::ManualClock clock;
  RedisJobQueue queue(client, clock, 10);
  const base::Deadline deadline = base::Deadline::After(milliseconds(5000));
  const auto job = base::testing::RunCoroutine(context, queue.Get("q", "id", deadline));
  EXPECT_EQ(job.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(client.commands(), SizeIs(3));
  failures = 1;
  const std::vector<NewJob> jobs = {{.message = "m"}};
  const auto written = base::testing::RunCoroutine(context, queue.Enqueue("q", jobs, deadline));
  EXPECT_EQ(written.status().code(), absl::StatusCode::kUnavailable);
}

TEST(RedisJobQueueFaultTest, OutageIsNotMultipliedByRetries) {
  boost::asio::io_context context;
  redis::testing::FakeClient client([](const auto&) -> absl::StatusOr<redis::Reply> {
    return base::MakeStatus(absl::StatusCode::kUnavailable, "away");
  });
  base::ManualClock clock;
  RedisJobQueue queue(client, clock, 10);
  for (int i = 0; i < 100; ++i) {
    const base::Deadline deadline = base::Deadline::After(milliseconds(5000));
    EXPECT_FALSE(base::testing::RunCoroutine(context, queue.Stats("q", deadline)).ok());
  }
  EXPECT_LE(client.commands().size(), 100u + 10u + 10u) << "the budget and a tenth of the calls";
}

}  // namespace
}  // namespace trellis::enqueue
