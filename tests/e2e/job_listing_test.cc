// Listing jobs in each state, page by page, over HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/job_view.h"
#include "tests/support/json.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"
#include "trellis/enqueue/v1/enqueue.pb.h"

namespace trellis::testing {
namespace {

namespace v1 = enqueue::v1;

constexpr int kJobs = 5;
constexpr int64_t kFarFuture = 4'000'000'000'000;  // in ms

class JobListingTest : public SharedStackTest<JobListingTest> {
 public:
  static StackOptions OptionsOfSuite() { return {.workers = 0}; }

 protected:
  // Stores five jobs; their ids.
  std::vector<std::string> Fill(const std::string& members = "") {
    std::vector<std::string> ids;
    for (int i = 0; i < kJobs; ++i) {
      const auto reply = http_.PostJson(
          "/enqueue", "{\"queue\":\"" + OwnQueue() + "\",\"message\":\"m\"" + members + "}");
      if (!reply.ok() || reply->status != 200) throw std::runtime_error("cannot enqueue");
      ids.push_back(IdOf(reply->body));
    }
    return ids;
  }

  // The jobs of all pages of two; fails where a page is larger or there are more than needed.
  std::vector<v1::Job> ListAll(const std::string& state) {
    std::vector<v1::Job> jobs;
    std::string token;
    for (int pages = 0; pages <= kJobs; ++pages) {
      const auto reply = http_.Get("/v1/queues/" + OwnQueue() + "/jobs?state=" + state +
                                   "&page_size=2&page_token=" + token);
      if (!reply.ok() || reply->status != 200) throw std::runtime_error("cannot list");
      const auto page = FromJson<v1::ListJobsResponse>(reply->body);
      EXPECT_LE(page.jobs_size(), 2);
      jobs.insert(jobs.end(), page.jobs().begin(), page.jobs().end());
      token = page.next_page_token();
      if (token.empty()) return jobs;
    }
    ADD_FAILURE() << "the pages do not end";
    return jobs;
  }

  static std::vector<std::string> Ids(const std::vector<v1::Job>& jobs) {
    std::vector<std::string> ids;
    for (const v1::Job& job : jobs) ids.push_back(job.id());
    return ids;
  }

  HttpClient http_ = stack().Http();
};

TEST_F(JobListingTest, ReadyJobsComeInTheOrderOfTheirTurn) {
  const auto ids = Fill();
  EXPECT_EQ(Ids(ListAll("READY")), ids);
}

TEST_F(JobListingTest, ScheduledJobsSayWhen) {
  const auto ids = Fill(",\"delay\":\"3600s\"");
  const auto jobs = ListAll("SCHEDULED");
  EXPECT_THAT(Ids(jobs), ::testing::UnorderedElementsAreArray(ids));
  for (const v1::Job& job : jobs) {
    EXPECT_EQ(job.state(), v1::SCHEDULED);
    EXPECT_GT(job.state_time().seconds(), job.enqueued_at().seconds() + 3000);
  }
}

TEST_F(JobListingTest, RetryingJobsSayWhyAndWhen) {
  const JobView view(stack().redis(), OwnQueue());
  const auto ids = Fill();
  for (const std::string& id : ids) view.MakeRetrying(id, kFarFuture);
  const auto jobs = ListAll("RETRYING");
  EXPECT_THAT(Ids(jobs), ::testing::UnorderedElementsAreArray(ids));
  for (const v1::Job& job : jobs) {
    EXPECT_EQ(job.attempts(), 1);
    EXPECT_EQ(job.last_error(), "it failed");
    EXPECT_EQ(job.state_time().seconds(), kFarFuture / 1000);
  }
}

TEST_F(JobListingTest, DeadJobsAreAllThere) {
  const JobView view(stack().redis(), OwnQueue());
  const auto ids = Fill();
  for (const std::string& id : ids) view.MakeDead(id);
  const auto jobs = ListAll("DEAD");
  EXPECT_THAT(Ids(jobs), ::testing::UnorderedElementsAreArray(ids));
  for (const v1::Job& job : jobs) EXPECT_EQ(job.state(), v1::DEAD);
}

TEST_F(JobListingTest, JobsInFlightSayWhoHoldsThem) {
  const auto ids = Fill();
  ServerProcess& worker =
      stack().AddWorker({{"QUEUE_NAME", OwnQueue()}, {"PROCESSING_DELAY_MS", "600s"}});
  const JobView view(stack().redis(), OwnQueue());
  ASSERT_TRUE(WaitUntil([&] { return view.Ready() == 0; }));
  const auto jobs = ListAll("IN_FLIGHT");
  EXPECT_THAT(Ids(jobs), ::testing::UnorderedElementsAreArray(ids));
  for (const v1::Job& job : jobs) EXPECT_EQ(stack().FindWorker(job.worker()), &worker);
}

TEST_F(JobListingTest, TextsThatNoWorkerHasSeenHaveNoIdYet) {
  stack().redis().Run({"LPUSH", OwnQueue(), "pushed"});
  const auto jobs = ListAll("READY");
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].id(), "");
  EXPECT_EQ(jobs[0].message(), "pushed");
}

TEST_F(JobListingTest, StatesMayBeGivenByNumber) {
  Fill();
  const auto reply = http_.Get("/v1/queues/" + OwnQueue() + "/jobs?state=1");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(FromJson<v1::ListJobsResponse>(reply->body).jobs_size(), kJobs);
}

TEST_F(JobListingTest, ForeignPageTokenIsRefused) {
  const auto reply = http_.Get("/v1/queues/" + OwnQueue() + "/jobs?page_token=nonsense");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->status, 400);
  EXPECT_THAT(ParseError(reply->body).fields, ::testing::ElementsAre("page_token"));
}

}  // namespace
}  // namespace trellis::testing
