// What gRPC's trailers, HTTP statuses and resets mean.
#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <map>

#include "absl/strings/escaping.h"
#include "gateway/upstream/http2/grpc_wire.h"
#include "mesh/rpc/status.h"

namespace trellis::gateway::http2 {
namespace {

using ::testing::HasSubstr;

TEST(StatusFromTrailersTest, ZeroIsOkWhateverElseIsSaid) {
  EXPECT_TRUE(StatusFromTrailers("0", "", "").ok());
  EXPECT_TRUE(StatusFromTrailers("0", "ignored", "").ok());
}

TEST(StatusFromTrailersTest, HasTheCodeAndTheDecodedMessage) {
  EXPECT_EQ(StatusFromTrailers("5", "no such%0Ajob", ""), absl::NotFoundError("no such\njob"));
  EXPECT_EQ(StatusFromTrailers("16", "who?", ""), absl::UnauthenticatedError("who?"));
}

TEST(StatusFromTrailersTest, CodeThatGrpcDoesNotHaveIsUnknown) {
  for (const std::string code : {"", "17", "-1", "x", "5x", " 5", "99999999999"}) {
    const absl::Status status = StatusFromTrailers(code, "why", "");
    EXPECT_EQ(status, absl::UnknownError("why")) << "'" << code << "'";
  }
}

TEST(StatusFromTrailersTest, HasTheDetails) {
  const absl::Status sent = base::InvalidField("jobs[3].message", "is empty");
  const std::string details = absl::Base64Escape(std::string(rpc::ToGrpc(sent).error_details()));
  EXPECT_EQ(StatusFromTrailers("3", sent.message().data(), details), sent);
  const std::string unpadded = details.substr(0, details.find('='));
  EXPECT_EQ(StatusFromTrailers("3", sent.message().data(), unpadded), sent);
}

TEST(StatusFromTrailersTest, DetailsThatCannotBeReadAreLeftOut) {
  for (const std::string details : {"!", "////", "YWJj"}) {
    EXPECT_EQ(StatusFromTrailers("3", "why", details), absl::InvalidArgumentError("why"))
        << details;
  }
}

TEST(StatusFromHttpTest, IsAsGrpcMapsIt) {
  const std::map<int, absl::StatusCode> expected = {
      {400, absl::StatusCode::kInternal},         {401, absl::StatusCode::kUnauthenticated},
      {403, absl::StatusCode::kPermissionDenied}, {404, absl::StatusCode::kUnimplemented},
      {429, absl::StatusCode::kUnavailable},      {502, absl::StatusCode::kUnavailable},
      {503, absl::StatusCode::kUnavailable},      {504, absl::StatusCode::kUnavailable},
      {418, absl::StatusCode::kUnknown},          {500, absl::StatusCode::kUnknown}};
  for (const auto& [http, code] : expected) {
    const absl::Status status = StatusFromHttp(http);
    EXPECT_EQ(status.code(), code) << http;
    EXPECT_THAT(base::MessageOf(status), HasSubstr(std::to_string(http)));
  }
}

TEST(StatusFromHttpTest, SuccessWithoutAStatusIsUnknown) {
  EXPECT_EQ(StatusFromHttp(200).code(), absl::StatusCode::kUnknown);
}

TEST(StatusFromResetTest, IsAsGrpcMapsIt) {
  const std::map<uint32_t, absl::StatusCode> expected = {
      {NGHTTP2_REFUSED_STREAM, absl::StatusCode::kUnavailable},
      {NGHTTP2_CANCEL, absl::StatusCode::kCancelled},
      {NGHTTP2_ENHANCE_YOUR_CALM, absl::StatusCode::kResourceExhausted},
      {NGHTTP2_INADEQUATE_SECURITY, absl::StatusCode::kPermissionDenied},
      {NGHTTP2_PROTOCOL_ERROR, absl::StatusCode::kInternal},
      {NGHTTP2_INTERNAL_ERROR, absl::StatusCode::kInternal},
      {4711, absl::StatusCode::kInternal}};
  for (const auto& [reset, code] : expected)
    EXPECT_EQ(StatusFromReset(reset).code(), code) << reset;
}

}  // namespace
}  // namespace trellis::gateway::http2
