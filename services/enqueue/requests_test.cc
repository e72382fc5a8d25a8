#include "services/enqueue/requests.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

namespace trellis::enqueue {
namespace {

using google::protobuf::util::TimeUtil;

// The field that the refusal names.
template <typename T>
std::string Field(const absl::StatusOr<T>& result) {
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message = base::MessageOf(result.status());
  return message.substr(0, message.find(':'));
}

v1::EnqueueRequest Request() {
  v1::EnqueueRequest request;
  request.set_message("m");
  return request;
}

TEST(RequestsTest, DefaultsAreFilledIn) {
  const auto job = NewJobFrom(Request(), {});
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->max_attempts, kDefaultMaxAttempts);
  EXPECT_EQ(job->unique_for, milliseconds(3'600'000));
  EXPECT_EQ(job->delay, milliseconds(0));
}

TEST(RequestsTest, MessageMustBeThereAndAtMost512KiB) {
  v1::EnqueueRequest request;
  EXPECT_EQ(Field(NewJobFrom(request, {})), "message");
  request.set_message(std::string(512 * 1024, 'x'));
  EXPECT_TRUE(NewJobFrom(request, {}).ok());
  request.set_message(std::string(512 * 1024 + 1, 'x'));
  EXPECT_EQ(Field(NewJobFrom(request, {})), "message");
}

TEST(RequestsTest, TimesAreBounded) {
  v1::EnqueueRequest request = Request();
  *request.mutable_delay() = TimeUtil::SecondsToDuration(-1);
  EXPECT_EQ(Field(NewJobFrom(request, {})), "delay");
  *request.mutable_delay() = TimeUtil::SecondsToDuration(366 * 24 * 3600);
  EXPECT_EQ(Field(NewJobFrom(request, {})), "delay");
  *request.mutable_delay() = TimeUtil::MillisecondsToDuration(1500);
  EXPECT_EQ(NewJobFrom(request, {})->delay, milliseconds(1500));
  *request.mutable_unique_for() = TimeUtil::SecondsToDuration(5);
  EXPECT_EQ(Field(NewJobFrom(request, {})), "unique_for") << "needs a key";
  request.set_unique_key("k");
  EXPECT_EQ(NewJobFrom(request, {})->unique_for, milliseconds(5000));
  *request.mutable_unique_for() = TimeUtil::SecondsToDuration(31 * 24 * 3600);
  EXPECT_EQ(Field(NewJobFrom(request, {})), "unique_for");
}

TEST(RequestsTest, AttemptsAndKeyAreBounded) {
  v1::EnqueueRequest request = Request();
  for (const int bad : {-1, 101}) {
    request.set_max_attempts(bad);
    EXPECT_EQ(Field(NewJobFrom(request, {})), "max_attempts");
  }
  request.set_max_attempts(100);
  EXPECT_EQ(NewJobFrom(request, {})->max_attempts, 100);
  request.set_unique_key(std::string(257, 'k'));
  EXPECT_EQ(Field(NewJobFrom(request, {})), "unique_key");
}

TEST(RequestsTest, BatchNamesTheBadJob) {
  v1::EnqueueBatchRequest request;
  EXPECT_EQ(Field(NewJobsFrom(request, {})), "jobs");
  request.add_jobs()->set_message("good");
  request.add_jobs();
  EXPECT_EQ(Field(NewJobsFrom(request, {})), "jobs[1].message");
  request.mutable_jobs(1)->set_message("good");
  EXPECT_EQ(NewJobsFrom(request, {})->size(), 2u);
  for (int i = 0; i < 999; ++i) request.add_jobs()->set_message("m");
  EXPECT_EQ(Field(NewJobsFrom(request, {})), "jobs");
}

TEST(RequestsTest, QueueNamesAreChecked) {
  EXPECT_EQ(*QueueOf("", "messages"), "messages");
  EXPECT_EQ(*QueueOf("a.B-c_9", "messages"), "a.B-c_9");
  for (const std::string bad : {"with blank", "{tag}", "a/b", "ä"}) {
    EXPECT_EQ(Field(QueueOf(bad, "messages")), "queue") << bad;
  }
  EXPECT_EQ(Field(QueueOf(std::string(65, 'q'), "messages")), "queue");
}

TEST(RequestsTest, ListArgumentsAreChecked) {
  v1::ListJobsRequest request;
  EXPECT_EQ(ListArgumentsFrom(request)->page_size, 50);
  request.set_page_size(501);
  EXPECT_EQ(Field(ListArgumentsFrom(request)), "page_size");
  request.set_page_size(500);
  request.set_state(static_cast<v1::JobState>(99));
  EXPECT_EQ(Field(ListArgumentsFrom(request)), "state");
  request.set_state(v1::DEAD);
  EXPECT_EQ(ListArgumentsFrom(request)->state, JobState::kDead);
}

TEST(RequestsTest, TraceOfTheCallGoesWithTheJob) {
  rpc::CallContext context;
  context.request_id = "r";
  context.trace = telemetry::TraceContext::New();
  const auto job = NewJobFrom(Request(), context);
  EXPECT_EQ(job->request_id, "r");
  EXPECT_EQ(job->traceparent, context.trace.Format());
}

}  // namespace
}  // namespace trellis::enqueue
