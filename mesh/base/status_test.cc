#include "mesh/base/status.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

namespace trellis::base {
namespace {

TEST(Status, KeepsCodeAndMessage) {
  const absl::Status status = MakeStatus(absl::StatusCode::kNotFound, "no such job");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "no such job");
}

TEST(Status, MessageMayHoldAnyByte) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(MessageOf(MakeStatus(absl::StatusCode::kInternal, text)), text);
}

TEST(Status, OkHasNoMessage) {
  EXPECT_TRUE(MakeStatus(absl::StatusCode::kOk, "ignored").ok());
  EXPECT_EQ(MessageOf(absl::OkStatus()), "");
}

TEST(InvalidField, SaysFieldAndReasonInItsMessage) {
  const absl::Status status = InvalidField("jobs[3].message", "must not be empty");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(status), "jobs[3].message: must not be empty");
}

TEST(InvalidField, CarriesABadRequestDetail) {
  const absl::Status status = InvalidField("jobs[3].message", "must not be empty");
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  ASSERT_TRUE(payload.has_value());
  google::rpc::BadRequest detail;
  ASSERT_TRUE(detail.ParseFromString(std::string(*payload)));
  ASSERT_EQ(detail.field_violations_size(), 1);
  EXPECT_EQ(detail.field_violations(0).field(), "jobs[3].message");
  EXPECT_EQ(detail.field_violations(0).description(), "must not be empty");
}

}  // namespace
}  // namespace trellis::base
