#include "gateway/transcoding/error_json.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "mesh/base/status.h"

namespace trellis::gateway {
namespace {

TEST(ErrorJson, EveryCodeHasItsHttpStatus) {
  using Code = absl::StatusCode;
  const std::pair<Code, int> cases[] = {
      {Code::kOk, 200},
      {Code::kCancelled, 499},
      {Code::kUnknown, 500},
      {Code::kInvalidArgument, 400},
      {Code::kDeadlineExceeded, 504},
      {Code::kNotFound, 404},
      {Code::kAlreadyExists, 409},
      {Code::kPermissionDenied, 403},
      {Code::kResourceExhausted, 429},
      {Code::kFailedPrecondition, 400},
      {Code::kAborted, 409},
      {Code::kOutOfRange, 400},
      {Code::kUnimplemented, 501},
      {Code::kInternal, 500},
      {Code::kUnavailable, 503},
      {Code::kDataLoss, 500},
      {Code::kUnauthenticated, 401},
      {static_cast<Code>(99), 500},
  };
  for (const auto& [code, status] : cases) {
    EXPECT_EQ(HttpStatusFromCode(code), status) << absl::StatusCodeToString(code);
  }
}

TEST(ErrorJson, ExpandsDetails) {
  EXPECT_EQ(ErrorJson(base::InvalidField("jobs[3].delay", "too \"long\"")),
            R"({"code":3,"message":"jobs[3].delay: too \"long\"","details":[{"@type":)"
            R"("type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":)"
            R"("jobs[3].delay","description":"too \"long\""}]}]})");
}

TEST(ErrorJson, WithoutDetails) {
  EXPECT_EQ(ErrorJson(absl::StatusCode::kNotFound, "no such job", nullptr),
            R"({"code":5,"message":"no such job","details":[]})");
  EXPECT_EQ(ErrorJson(absl::UnavailableError("")), R"({"code":14,"message":"","details":[]})");
}

TEST(ErrorJson, SurvivesDetailsThatItCannotRead) {
  google::rpc::Status details;
  auto* unknown = details.add_details();
  unknown->set_type_url("type.googleapis.com/unknown.Type");
  unknown->set_value("a");
  auto* broken = details.add_details();
  broken->set_type_url("type.googleapis.com/google.rpc.BadRequest");
  broken->set_value("\xff");
  EXPECT_EQ(ErrorJson(absl::StatusCode::kInternal, "bad \xff bytes", &details),
            "{\"code\":13,\"message\":\"bad \xef\xbf\xbd bytes\",\"details\":["
            R"({"@type":"type.googleapis.com/unknown.Type","value":"YQ=="},)"
            R"({"@type":"type.googleapis.com/google.rpc.BadRequest","value":"/w=="}]})");
}

}  // namespace
}  // namespace trellis::gateway
