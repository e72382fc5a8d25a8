#include "services/enqueue/stored_job.h"

#include <gtest/gtest.h>

namespace trellis::enqueue {
namespace {

constexpr int64_t kNow = 1'790'000'000'123;

TEST(StoredJobTest, EverythingComesBack) {
  NewJob job;
  job.message = std::string("tab\t newline\n nul\0 end", 22);
  job.max_attempts = 7;
  job.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  job.request_id = "request";
  const auto stored = DecodeJob(EncodeJob(job, base::FromUnixMillis(kNow)));
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->message, job.message);
  EXPECT_EQ(stored->max_attempts, 7);
  EXPECT_EQ(stored->traceparent, job.traceparent);
  EXPECT_EQ(stored->request_id, "request");
  EXPECT_EQ(base::UnixMillis(stored->enqueued_at), kNow);
}

TEST(StoredJobTest, ScriptsFindTheTimeInCharacters2To14) {
  EXPECT_EQ(EncodeJob({}, base::FromUnixMillis(kNow)).substr(1, 13), "1790000000123");
  EXPECT_EQ(EncodeJob({}, base::FromUnixMillis(7)).substr(1, 13), "0000000000007");
}

TEST(StoredJobTest, PushedTextIsTheMessage) {
  const auto stored = DecodeJob("R1790000000123job:not one of ours");
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->message, "job:not one of ours");
  EXPECT_EQ(stored->max_attempts, kDefaultMaxAttempts);
  EXPECT_EQ(base::UnixMillis(stored->enqueued_at), kNow);
}

TEST(StoredJobTest, OtherBytesAreDataLoss) {
  for (const std::string_view bytes :
       {"", "J", "X1790000000123", "J179000000012\xff\xff\xff\xff"}) {
    EXPECT_EQ(DecodeJob(bytes).status().code(), absl::StatusCode::kDataLoss) << bytes;
  }
}

TEST(TriesTest, ErrorMayHaveBlanks) {
  const Tries tries = DecodeTries("3 1 no space left on device");
  EXPECT_EQ(tries.attempts, 3);
  EXPECT_EQ(tries.crashes, 1);
  EXPECT_EQ(tries.last_error, "no space left on device");
  EXPECT_EQ(DecodeTries("").attempts, 0);
}

}  // namespace
}  // namespace trellis::enqueue
