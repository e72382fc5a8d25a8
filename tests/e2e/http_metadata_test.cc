// What travels along with a request: its id, its trace, and its body in pieces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/job_view.h"
#include "tests/support/load.h"
#include "tests/support/stack_fixture.h"
#include "trellis/enqueue/v1/stored_job.pb.h"

namespace trellis::testing {
namespace {

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr size_t kStoredHeader = 14;  // see services/enqueue/stored_job.h

class HttpMetadataTest : public SharedStackTest<HttpMetadataTest> {
 public:
  static StackOptions OptionsOfSuite() { return {.workers = 0}; }

 protected:
  static enqueue::v1::StoredJob StoredJob(const std::string& id) {
    const std::string bytes = JobView(stack().redis()).Stored(id);
    enqueue::v1::StoredJob job;
    if (bytes.size() > kStoredHeader) job.ParseFromString(bytes.substr(kStoredHeader));
    return job;
  }

  HttpClient http_ = stack().Http();
};

TEST_F(HttpMetadataTest, RequestIdIsReturnedAndStored) {
  const auto reply = http_.Request(
      "POST", "/enqueue", {{"Content-Type", "text/plain"}, {"X-Request-Id", "mine-1"}}, "with id");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->Header("X-Request-Id"), "mine-1");
  EXPECT_EQ(StoredJob(IdOf(reply->body)).request_id(), "mine-1");
}

TEST_F(HttpMetadataTest, RequestIdIsMadeWhenThereIsNone) {
  const auto first = http_.Get("/v1/queues");
  const auto second = http_.Get("/no/such/path");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_FALSE(first->Header("X-Request-Id").empty());
  EXPECT_FALSE(second->Header("X-Request-Id").empty());
  EXPECT_NE(first->Header("X-Request-Id"), second->Header("X-Request-Id"));
}

TEST_F(HttpMetadataTest, TraceReachesTheStoredJob) {
  const auto reply =
      http_.Request("POST", "/enqueue",
                    {{"Content-Type", "text/plain"},
                     {"traceparent", std::string("00-") + kTraceId + "-00f067aa0ba902b7-01"}},
                    "traced");
  ASSERT_TRUE(reply.ok()) << reply.status();
  const std::string stored = StoredJob(IdOf(reply->body)).traceparent();
  EXPECT_EQ(stored.substr(0, 36), std::string("00-") + kTraceId + "-") << stored;
  EXPECT_EQ(stored.find("00f067aa0ba902b7"), stored.npos) << "a child has a span of its own";
}

TEST_F(HttpMetadataTest, ChunkedRequestBodyIsTaken) {
  ASSERT_TRUE(http_
                  .SendRaw("POST /enqueue HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n4\r\nin t\r\n3\r\nwo \r\n0\r\n\r\n")
                  .ok());
  const auto reply = http_.ReadReply();
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(StoredJob(IdOf(reply->body)).message(), "in two ");
}

TEST_F(HttpMetadataTest, PipelinedRequestsAreAnsweredInOrder) {
  std::string requests;
  for (const char* id : {"p1", "p2", "p3"}) {
    requests +=
        std::string("GET /v1/queues HTTP/1.1\r\nHost: t\r\nX-Request-Id: ") + id + "\r\n\r\n";
  }
  ASSERT_TRUE(http_.SendRaw(requests).ok());
  for (const char* id : {"p1", "p2", "p3"}) {
    const auto reply = http_.ReadReply();
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->Header("X-Request-Id"), id);
  }
}

TEST_F(HttpMetadataTest, HeadersCannotBeSmuggledThroughARequestId) {
  const auto reply = http_.Get("/v1/queues", {{"X-Request-Id", "a\tb"}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_NE(reply->Header("X-Request-Id"), "a\tb");
}

}  // namespace
}  // namespace trellis::testing
