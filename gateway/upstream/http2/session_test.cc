// Requests as they are sent and answers as they are understood.
#include "gateway/upstream/http2/session.h"

#include <nghttp2/nghttp2.h>

#include "absl/strings/escaping.h"
#include "gateway/upstream/http2/testing/session_fixture.h"
#include "mesh/rpc/status.h"

namespace trellis::gateway::http2 {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using testing::RecordingObserver;

class SessionTest : public testing::SessionFixture {
 protected:
  void ServerSays(const std::string& status, const MetadataList& more) {
    MetadataList fields = {{":status", status}, {"content-type", "application/grpc"}};
    fields.insert(fields.end(), more.begin(), more.end());
    server_.SendHeaders(0, fields);
  }
};

TEST_F(SessionTest, GreetsFirst) {
  std::string out;
  Session().TakeOutput(&out);
  EXPECT_EQ(out.find(NGHTTP2_CLIENT_MAGIC), 0u);
}

TEST_F(SessionTest, IsGreetedOnceTheServersSettingsCame) {
  Session session;
  testing::FakeServer server;
  EXPECT_FALSE(session.greeted());
  EXPECT_TRUE(session.Feed(server.TakeOutput()).ok());
  EXPECT_TRUE(session.greeted());
}

TEST_F(SessionTest, RequestHasTheHeadersOfGrpc) {
  StartOne();
  EXPECT_THAT(
      server_.call(0).headers,
      IsSupersetOf({Pair(":method", "POST"), Pair(":scheme", "http"), Pair("te", "trailers"),
                    Pair(":path", "/a.Service/Method"), Pair(":authority", "the.server:1"),
                    Pair("content-type", "application/grpc")}));
  EXPECT_EQ(server_.call(0).body, "request");
  EXPECT_TRUE(server_.call(0).whole);
}

TEST_F(SessionTest, CallWithoutADeadlineHasNoTimeout) {
  StartOne();
  EXPECT_THAT(server_.call(0).headers, Not(Contains(Key("grpc-timeout"))));
}

TEST_F(SessionTest, DeadlineTravelsAsTheTimeThatIsLeft) {
  call_.deadline = base::Deadline::After(base::milliseconds(20'000));
  StartOne();
  const std::string timeout = server_.call(0).headers.at("grpc-timeout");
  EXPECT_EQ(timeout.back(), 'm');
  EXPECT_LE(std::stoi(timeout), 20'000);
  EXPECT_GT(std::stoi(timeout), 0);
}

TEST_F(SessionTest, BinaryMetadataTravelsInBase64) {
  const std::string binary("\0\xff\n", 3);
  call_.metadata = {{"x-text", "as it is"}, {"x-one-bin", binary}, {"x-two-bin", "text"}};
  StartOne();
  const auto& headers = server_.call(0).headers;
  EXPECT_EQ(headers.at("x-text"), "as it is");
  EXPECT_EQ(headers.at("x-one-bin"), absl::Base64Escape(binary));
  EXPECT_EQ(headers.at("x-two-bin"), absl::Base64Escape("text"));
}

TEST_F(SessionTest, RequestBeyondTheServersWindowArrivesWhole) {
  const std::string body(1024 * 1024, 'x');
  Start(&observer_, body);
  Pump();
  EXPECT_TRUE(server_.call(0).body == body);
  EXPECT_TRUE(server_.call(0).whole);
}

TEST_F(SessionTest, AnswerIsHandedOn) {
  StartOne();
  server_.Answer(0, "the answer");
  Pump();
  EXPECT_THAT(observer_.headers, ::testing::Optional(IsEmpty()));
  EXPECT_THAT(observer_.messages, ElementsAre("the answer"));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kOk);
  EXPECT_FALSE(observer_.end->unprocessed);
  EXPECT_EQ(session_.calls(), 0u);
}

TEST_F(SessionTest, AnswerMayComeByteByByte) {
  StartOne();
  server_.Answer(0, "the answer");
  for (const char byte : server_.TakeOutput()) ASSERT_TRUE(session_.Feed({&byte, 1}).ok());
  EXPECT_THAT(observer_.messages, ElementsAre("the answer"));
  EXPECT_EQ(observer_.code(), absl::StatusCode::kOk);
}

TEST_F(SessionTest, CallsAreAnsweredInAnyOrder) {
  RecordingObserver second;
  Start(&observer_);
  Start(&second);
  Pump();
  server_.Answer(1, "two");
  Pump();
  EXPECT_THAT(second.messages, ElementsAre("two"));
  EXPECT_FALSE(observer_.end.has_value());
  server_.Answer(0, "one");
  Pump();
  EXPECT_THAT(observer_.messages, ElementsAre("one"));
}

TEST_F(SessionTest, MetadataOfTheAnswerIsHandedOnBeforeTheMessages) {
  StartOne();
  ServerSays("200", {{"x-text", "text"},
                     {"x-data-bin", absl::Base64Escape("binary")},
                     {"grpc-encoding", "identity"}});
  Pump();
  EXPECT_THAT(observer_.headers, ::testing::Optional(ElementsAre(Pair("x-text", "text"),
                                                                 Pair("x-data-bin", "binary"))));
  EXPECT_THAT(observer_.messages, IsEmpty());
}

TEST_F(SessionTest, InformationBeforeTheAnswerIsPassedOver) {
  StartOne();
  server_.SendHeaders(0, {{":status", "103"}});
  Pump();
  EXPECT_FALSE(observer_.headers.has_value());
  server_.Answer(0, "the answer");
  Pump();
  EXPECT_TRUE(observer_.headers.has_value());
  EXPECT_EQ(observer_.code(), absl::StatusCode::kOk);
}

TEST_F(SessionTest, TrailersOnlyEndTheCallWithTheirStatus) {
  const absl::Status error = base::InvalidField("text", "is no text");
  const std::string details = rpc::ToGrpc(error).error_details();
  StartOne();
  server_.SendHeaders(0,
                      {{":status", "200"},
                       {"content-type", "application/grpc"},
                       {"grpc-status", "3"},
                       {"grpc-message", "text: is%20no text"},
                       {"grpc-status-details-bin", absl::Base64Escape(details)}},
                      true);
  Pump();
  ASSERT_TRUE(observer_.end.has_value());
  EXPECT_EQ(observer_.end->status, error);
}

TEST_F(SessionTest, ErrorMayFollowMessages) {
  StartOne();
  ServerSays("200", {});
  server_.SendMessage(0, "one");
  server_.SendMessage(0, "two");
  server_.SendTrailers(0, {{"grpc-status", "10"}, {"grpc-message", "conflict"}});
  Pump();
  EXPECT_THAT(observer_.messages, ElementsAre("one", "two"));
  EXPECT_EQ(observer_.end->status, absl::AbortedError("conflict"));
}

TEST_F(SessionTest, HttpErrorIsTranslated) {
  StartOne();
  server_.SendHeaders(0, {{":status", "503"}, {"content-type", "text/plain"}}, true);
  Pump();
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(observer_.end->unprocessed);
}

TEST_F(SessionTest, BodyOfAnHttpErrorIsNoMessage) {
  StartOne();
  server_.SendHeaders(0, {{":status", "404"}, {"content-type", "text/plain"}});
  server_.SendMessage(0, "looks like one");
  server_.SendTrailers(0, {{"x-none", "of interest"}});
  Pump();
  EXPECT_THAT(observer_.messages, IsEmpty());
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnimplemented);
}

TEST_F(SessionTest, AnswerWithoutAStatusIsAnError) {
  StartOne();
  ServerSays("200", {});
  server_.SendMessage(0, "message");
  server_.SendTrailers(0, {{"x-trailer", "but no status"}});
  Pump();
  EXPECT_EQ(observer_.code(), absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace trellis::gateway::http2
