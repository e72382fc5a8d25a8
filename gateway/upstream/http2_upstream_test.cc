// Unary calls of a real gRPC server.
#include "gateway/upstream/http2_upstream.h"

#include "gateway/upstream/testing/plain_echo_server.h"
#include "gateway/upstream/testing/upstream_fixture.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using rpc::CallContext;
using rpc::testing::EchoRequest;
using rpc::testing::EchoResponse;
using ::testing::Contains;
using ::testing::Pair;
using Result = absl::StatusOr<EchoResponse>;

// The text of the request `count` times.
asio::awaitable<Result> Repeat(CallContext, const EchoRequest& request) {
  EchoResponse response;
  for (int i = 0; i < request.count(); ++i) response.mutable_text()->append(request.text());
  co_return response;
}

using Http2UpstreamTest = testing::UpstreamFixture;

TEST_F(Http2UpstreamTest, RequestGoesAndAnswerComes) {
  ServeEcho(Repeat);
  request_.set_text("text");
  request_.set_count(2);
  const UnaryResult result = Call();
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(response_.text(), "texttext");
}

TEST_F(Http2UpstreamTest, EmptyMessagesAreMessages) {
  ServeEcho(Repeat);
  response_.set_text("of an earlier call");
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_EQ(response_.text(), "");
}

TEST_F(Http2UpstreamTest, EachReactorHasItsOwnWayToTheServer) {
  ServeEcho(Repeat);
  request_.set_text("text");
  request_.set_count(1);
  const UnaryResult result = Await(upstream_->Unary(call_, request_, &response_, nullptr), 1);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(response_.text(), "text");
}

TEST_F(Http2UpstreamTest, MetadataReachesTheServer) {
  std::multimap<std::string, std::string> seen;
  testing::PlainEchoServer server([&seen](auto& context, EchoResponse*) {
    for (const auto& [key, value] : context.client_metadata()) {
      seen.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    }
    return grpc::Status::OK;
  });
  const std::string binary("\0\xff\n", 3);
  call_.metadata = {{"x-text", "text"}, {"x-data-bin", binary}, {"x-text", "more"}};
  ConnectTo(server.address());
  ASSERT_EQ(CallCode(), absl::StatusCode::kOk);
  EXPECT_THAT(seen, Contains(Pair("x-text", "text")));
  EXPECT_THAT(seen, Contains(Pair("x-text", "more")));
  EXPECT_THAT(seen, Contains(Pair("x-data-bin", binary)));
}

TEST_F(Http2UpstreamTest, MetadataOfTheServerReachesTheCaller) {
  const std::string binary("\0\xff\n", 3);
  testing::PlainEchoServer server([&binary](auto& context, EchoResponse*) {
    context.AddInitialMetadata("x-text", "text");
    context.AddInitialMetadata("x-data-bin", binary);
    context.AddTrailingMetadata("x-trailer", "not of its start");
    return grpc::Status::OK;
  });
  ConnectTo(server.address());
  const UnaryResult result = Call();
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.metadata,
              ::testing::UnorderedElementsAre(Pair("x-text", "text"), Pair("x-data-bin", binary)));
}

TEST_F(Http2UpstreamTest, ErrorKeepsItsDetails) {
  const absl::Status error = base::InvalidField("text", "ist zu groß: 100 %");
  ServeEcho(
      [&error](CallContext, const EchoRequest&) -> asio::awaitable<Result> { co_return error; });
  EXPECT_EQ(Call().status, error);
}

TEST_F(Http2UpstreamTest, UnknownMethodIsUnimplemented) {
  ServeEcho(Repeat);
  call_.rpc_path = "/trellis.rpc.testing.EchoService/NoSuchMethod";
  EXPECT_EQ(CallCode(), absl::StatusCode::kUnimplemented);
}

TEST_F(Http2UpstreamTest, LargeMessagesGoBothWays) {
  ServeEcho(Repeat);
  request_.set_text(std::string(1024 * 1024, 'x'));
  request_.set_count(3);
  const UnaryResult result = Call();
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(response_.text() == std::string(3 * 1024 * 1024, 'x'));
}

TEST_F(Http2UpstreamTest, AnswerOverTheLimitIsRefused) {
  ServeEcho(Repeat);
  request_.set_text(std::string(1024 * 1024, 'x'));
  request_.set_count(5);
  EXPECT_EQ(CallCode(), absl::StatusCode::kResourceExhausted);
  request_.set_count(1);
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk) << "the connection goes on";
}

TEST_F(Http2UpstreamTest, RequestThatTheServerRefusesHalfWayEndsWithItsStatus) {
  ServeEcho(Repeat);
  request_.set_text(std::string(5 * 1024 * 1024, 'x'));
  EXPECT_EQ(CallCode(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace trellis::gateway
