#include "services/keytest/requests.h"

#include <gmock/gmock.h>

namespace trellis::keytest {
namespace {

using ::testing::HasSubstr;

v1::StartTestRequest Request(int keys) {
  v1::StartTestRequest request;
  request.set_keys(keys);
  return request;
}

void ExpectRefused(const v1::StartTestRequest& request, const char* field) {
  const auto parameters = ParametersFrom(request);
  ASSERT_EQ(parameters.status().code(), absl::StatusCode::kInvalidArgument) << field;
  EXPECT_THAT(base::MessageOf(parameters.status()), HasSubstr(field));
}

TEST(KeyTestRequestsTest, WhatIsNotGivenIsTheDefault) {
  const auto parameters = ParametersFrom(Request(1000));
  ASSERT_TRUE(parameters.ok());
  EXPECT_EQ(parameters->keys, 1000);
  EXPECT_EQ(parameters->delay_ms, 1);
  EXPECT_EQ(parameters->ttl_ms, 100);
  EXPECT_EQ(parameters->dedup_window_ms, 5000);
}

TEST(KeyTestRequestsTest, ADelayOfZeroIsNotTheDefault) {
  v1::StartTestRequest request = Request(1);
  request.set_delay_ms(0);
  EXPECT_EQ(ParametersFrom(request)->delay_ms, 0);
}

TEST(KeyTestRequestsTest, BoundsAreIncluded) {
  v1::StartTestRequest request = Request(1'000'000);
  request.set_delay_ms(60'000);
  request.set_ttl_ms(3'600'000);
  request.set_dedup_window_ms(3'600'000);
  EXPECT_TRUE(ParametersFrom(request).ok());
  request = Request(1);
  request.set_ttl_ms(1);
  request.set_dedup_window_ms(1);
  EXPECT_TRUE(ParametersFrom(request).ok());
}

TEST(KeyTestRequestsTest, WhatIsOutOfBoundsNamesTheField) {
  for (const int keys : {0, -1, 1'000'001}) ExpectRefused(Request(keys), "keys");
  for (const int delay : {-1, 60'001}) {
    v1::StartTestRequest request = Request(1);
    request.set_delay_ms(delay);
    ExpectRefused(request, "delay_ms");
  }
  for (const int ms : {0, -5, 3'600'001}) {
    v1::StartTestRequest request = Request(1);
    request.set_ttl_ms(ms);
    ExpectRefused(request, "ttl_ms");
    request = Request(1);
    request.set_dedup_window_ms(ms);
    ExpectRefused(request, "dedup_window_ms");
  }
  EXPECT_THAT(base::MessageOf(ParametersFrom(Request(0)).status()),
              HasSubstr("between 1 and 1,000,000"));
}

TEST(KeyTestRequestsTest, TheIntervalOfAWatchHasBounds) {
  v1::WatchStatusRequest request;
  EXPECT_EQ(*IntervalFrom(request), base::milliseconds(1000));
  request.set_interval_ms(100);
  EXPECT_EQ(*IntervalFrom(request), base::milliseconds(100));
  for (const int ms : {99, -1, 60'001}) {
    request.set_interval_ms(ms);
    EXPECT_THAT(base::MessageOf(IntervalFrom(request).status()), HasSubstr("interval_ms"));
  }
}

TEST(KeyTestRequestsTest, AStatusIsWrittenAsAMessage) {
  RunStatus status;
  status.state = RunState::kDraining;
  status.id = "run";
  status.parameters = {200, 0, 50, 1000};
  status.started_ms = 1'700'000'000'250;
  status.generated = 200;
  status.consumed = 90;
  status.pending = 100;
  status.dead = 10;
  status.lateness = {{1, 40}, {10, 40}, {0, 10}};
  const v1::Status message = ToMessage(status);
  EXPECT_EQ(message.state(), v1::Status::DRAINING);
  EXPECT_EQ(message.keys(), 200);
  EXPECT_EQ(message.delay_ms(), 0);
  EXPECT_EQ(message.percent(), 50);
  ASSERT_EQ(message.lateness_size(), 3);
  EXPECT_EQ(message.lateness(2).le_ms(), 0);
  EXPECT_EQ(message.started_at().seconds(), 1'700'000'000);
  EXPECT_EQ(message.started_at().nanos(), 250'000'000);
  EXPECT_FALSE(message.has_ended_at());
}

TEST(LatenessQuantileTest, InterpolatesWithinABucketOfTheLadder) {
  EXPECT_EQ(LatenessQuantile({}, 0.5), 0);
  EXPECT_EQ(LatenessQuantile({{1, 100}}, 0.5), 0.5);
  EXPECT_EQ(LatenessQuantile({{1, 50}, {20, 50}}, 0.75), 17.5);  // between 15 and 20
  EXPECT_EQ(LatenessQuantile({{1, 50}, {20, 50}}, 1), 20);
}

TEST(LatenessQuantileTest, WhatHasNoBoundIsTheLastBound) {
  EXPECT_EQ(LatenessQuantile({{1, 50}, {0, 50}}, 0.99), kLatenessBounds.back());
}

}  // namespace
}  // namespace trellis::keytest
