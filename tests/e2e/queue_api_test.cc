// Every route of the API over HTTP but the listing of jobs and the stream, which have files of
// their own. No worker works on the queues of these tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/job_view.h"
#include "tests/support/json.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"
#include "trellis/enqueue/v1/enqueue.pb.h"

namespace trellis::testing {
namespace {

namespace v1 = enqueue::v1;
using ::testing::ElementsAre;

class QueueApiTest : public SharedStackTest<QueueApiTest> {
 public:
  static StackOptions OptionsOfSuite() {
    return {.workers = 0, .service = {{"QUEUE_DEPTH_LIMIT", "8"}}};
  }

 protected:
  // The message of a 200 answer; throws for any other, with its body.
  template <typename Message>
  Message Post(const std::string& target, const std::string& json) {
    return Read<Message>(http_.PostJson(target, json));
  }
  template <typename Message>
  Message Get(const std::string& target) {
    return Read<Message>(http_.Get(target));
  }
  v1::EnqueueResponse Add(const std::string& members) {
    return Post<v1::EnqueueResponse>("/enqueue",
                                     "{\"queue\":\"" + OwnQueue() + "\"," + members + "}");
  }
  v1::Queue Queue() { return Get<v1::Queue>(Path()); }
  static std::string Path(const std::string& rest = "") {
    return "/v1/queues/" + OwnQueue() + rest;
  }

  HttpClient http_ = stack().Http();

 private:
  template <typename Message>
  Message Read(const absl::StatusOr<HttpReply>& reply) {
    if (!reply.ok()) throw std::runtime_error(base::MessageOf(reply.status()));
    if (reply->status != 200) throw std::runtime_error(reply->body);
    return FromJson<Message>(reply->body);
  }
};

TEST_F(QueueApiTest, UnusedQueueIsEmpty) {
  const v1::Queue queue = Queue();
  EXPECT_EQ(queue.name(), OwnQueue());
  EXPECT_EQ(queue.ready(), 0);
  EXPECT_FALSE(queue.has_oldest_age());
}

TEST_F(QueueApiTest, QueueCountsItsJobs) {
  Add(R"("message":"a")");
  Add(R"("message":"b","delay":"60s")");
  const v1::Queue queue = Queue();
  EXPECT_EQ(queue.ready(), 1);
  EXPECT_EQ(queue.scheduled(), 1);
  EXPECT_TRUE(queue.has_oldest_age());
}

TEST_F(QueueApiTest, JobCanBeSeenUntilItIsDone) {
  const std::string id = Add(R"("message":"look at me","maxAttempts":7)").id();
  const auto job = Get<v1::Job>(Path("/jobs/" + id));
  EXPECT_EQ(job.id(), id);
  EXPECT_EQ(job.state(), v1::READY);
  EXPECT_EQ(job.message(), "look at me");
  EXPECT_EQ(job.max_attempts(), 7);
  EXPECT_GT(job.enqueued_at().seconds(), 0);
  const auto absent = http_.Get(Path("/jobs/no-such-id"));
  ASSERT_TRUE(absent.ok());
  EXPECT_EQ(absent->status, 404);
  EXPECT_EQ(ParseError(absent->body).code, 5);
}

TEST_F(QueueApiTest, BatchIsStoredInOrder) {
  const auto response = Post<v1::EnqueueBatchResponse>(
      Path("/jobs:batch"), R"({"jobs":[{"message":"1"},{"message":"2"},{"message":"3"}]})");
  ASSERT_EQ(response.jobs_size(), 3);
  const auto page = Get<v1::ListJobsResponse>(Path("/jobs"));
  ASSERT_EQ(page.jobs_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(page.jobs(i).id(), response.jobs(i).id());
    EXPECT_EQ(page.jobs(i).message(), std::to_string(i + 1));
  }
}

TEST_F(QueueApiTest, BatchWithOneBadJobStoresNothing) {
  const auto reply =
      http_.PostJson(Path("/jobs:batch"), R"({"jobs":[{"message":"good"},{"message":""}]})");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->status, 400);
  EXPECT_THAT(ParseError(reply->body).fields, ElementsAre("jobs[1].message"));
  EXPECT_EQ(Queue().ready(), 0);
}

TEST_F(QueueApiTest, BatchBeyondTheDepthLimitStoresNothing) {
  std::string jobs;
  for (int i = 0; i < 9; ++i) jobs += std::string(i > 0 ? "," : "") + R"({"message":"x"})";
  const auto reply = http_.PostJson(Path("/jobs:batch"), "{\"jobs\":[" + jobs + "]}");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->status, 429);
  EXPECT_EQ(Queue().ready(), 0);
}

TEST_F(QueueApiTest, FullQueueAnswers429) {
  for (int i = 0; i < 8; ++i) Add(R"("message":"x")");
  const auto reply =
      http_.PostJson("/enqueue", "{\"queue\":\"" + OwnQueue() + R"(","message":"one too many"})");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->status, 429);
  EXPECT_EQ(ParseError(reply->body).code, 8);
  EXPECT_FALSE(reply->Header("Retry-After").empty());
}

TEST_F(QueueApiTest, LivingUniqueKeyAnswersTheFirstJob) {
  const auto first = Add(R"("message":"a","uniqueKey":"k")");
  const auto second = Add(R"("message":"b","uniqueKey":"k")");
  EXPECT_FALSE(first.has_duplicate());
  EXPECT_TRUE(second.duplicate());
  EXPECT_EQ(second.id(), first.id());
  EXPECT_EQ(Queue().ready(), 1);
}

TEST_F(QueueApiTest, UniqueKeyEndsAfterItsTime) {
  const auto first = Add(R"("message":"a","uniqueKey":"k","uniqueFor":"0.050s")");
  EXPECT_TRUE(WaitUntil([&] {
    return Add(R"("message":"b","uniqueKey":"k","uniqueFor":"0.050s")").id() != first.id();
  }));
}

TEST_F(QueueApiTest, PausingIsSeenAndRepeatable) {
  EXPECT_TRUE(Post<v1::Queue>(Path(":pause"), "").paused());
  EXPECT_TRUE(Post<v1::Queue>(Path(":pause"), "").paused());
  EXPECT_TRUE(Queue().paused());
  EXPECT_FALSE(Post<v1::Queue>(Path(":resume"), "").paused());
  EXPECT_FALSE(Queue().paused());
}

TEST_F(QueueApiTest, DeadJobsAreRetriedOrPurged) {
  const JobView view(stack().redis(), OwnQueue());
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(Add(R"("message":"x")").id());
    view.MakeDead(ids.back());
  }
  EXPECT_EQ(Queue().dead(), 4);
  EXPECT_EQ(
      Post<v1::RetryDeadResponse>(Path("/dead:retry"), "{\"ids\":[\"" + ids[0] + "\"]}").retried(),
      1);
  EXPECT_EQ(Queue().ready(), 1);
  EXPECT_EQ(
      Post<v1::PurgeDeadResponse>(Path("/dead:purge"), "{\"ids\":[\"" + ids[1] + "\"]}").purged(),
      1);
  EXPECT_EQ(http_.Get(Path("/jobs/" + ids[1]))->status, 404);
  EXPECT_EQ(Post<v1::RetryDeadResponse>(Path("/dead:retry"), "{}").retried(), 2);
  EXPECT_EQ(Queue().dead(), 0);
  EXPECT_EQ(Queue().ready(), 3);
}

TEST_F(QueueApiTest, QueuesAreListedByName) {
  Add(R"("message":"x")");
  const auto response = Get<v1::ListQueuesResponse>("/v1/queues");
  std::vector<std::string> names;
  for (const v1::Queue& queue : response.queues()) names.push_back(queue.name());
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_THAT(names, ::testing::IsSupersetOf({OwnQueue(), std::string("messages")}));
}

class QueueAndWorkerTest : public StackTest {};

TEST_F(QueueAndWorkerTest, PausedWorkersTakeNothingUntilItIsResumed) {
  Make();
  ASSERT_EQ(stack().Http().PostJson("/v1/queues/messages:pause", "")->status, 200);
  stack().Enqueue("while paused");
  const JobView view(stack().redis());
  // It would have been taken well within this time.
  EXPECT_FALSE(WaitUntil([&] { return view.Ready() == 0; }, milliseconds(700)));
  ASSERT_EQ(stack().Http().PostJson("/v1/queues/messages:resume", "")->status, 200);
  EXPECT_TRUE(stack().AwaitLine("while paused"));
}

TEST_F(QueueAndWorkerTest, DelayedJobRunsNoEarlier) {
  Make();
  const auto start = std::chrono::steady_clock::now();
  const auto reply = stack().Http().PostJson("/enqueue", R"({"message":"later","delay":"1s"})");
  ASSERT_EQ(reply->status, 200) << reply->body;
  ASSERT_TRUE(stack().AwaitLine("later"));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

}  // namespace
}  // namespace trellis::testing
