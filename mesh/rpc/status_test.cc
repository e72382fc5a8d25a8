#include "mesh/rpc/status.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trellis::rpc {
namespace {

TEST(StatusConversion, KeepsEveryCodeAndTheMessage) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status = base::MakeStatus(static_cast<absl::StatusCode>(code), "why");
    const grpc::Status wire = ToGrpc(status);
    EXPECT_EQ(static_cast<int>(wire.error_code()), code);
    EXPECT_EQ(wire.error_message(), "why");
    EXPECT_EQ(wire.error_details(), "");
    EXPECT_EQ(FromGrpc(wire), status);
  }
}

TEST(StatusConversion, OkIsOk) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(StatusConversion, DetailsGoBothWays) {
  absl::Status status = base::InvalidField("name", "too long");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(3);
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                    absl::Cord(retry.SerializeAsString()));
  EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
}

TEST(StatusConversion, DetailsAreAGoogleRpcStatus) {
  google::rpc::Status wire;
  ASSERT_TRUE(wire.ParseFromString(ToGrpc(base::InvalidField("name", "too long")).error_details()));
  EXPECT_EQ(wire.code(), 3);
  EXPECT_EQ(wire.message(), "name: too long");
  ASSERT_EQ(wire.details_size(), 1);
  google::rpc::BadRequest detail;
  ASSERT_TRUE(wire.details(0).UnpackTo(&detail));
  EXPECT_EQ(detail.field_violations(0).field(), "name");
}

TEST(StatusConversion, DetailsThatAreNotAStatusAreLeftOut) {
  const grpc::Status wire(grpc::StatusCode::NOT_FOUND, "why", "\xff not a message");
  EXPECT_EQ(FromGrpc(wire), absl::NotFoundError("why"));
}

}  // namespace
}  // namespace trellis::rpc
