// Every way to ask wrongly has its status, and one form: google.rpc.Status as JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/json.h"
#include "tests/support/stack_fixture.h"

namespace trellis::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class HttpErrorsTest : public SharedStackTest<HttpErrorsTest> {
 public:
  static StackOptions OptionsOfSuite() {
    return {.workers = 0, .gateway = {{"READ_TIMEOUT", "1s"}, {"IDLE_TIMEOUT", "1s"}}};
  }

 protected:
  HttpReply Json(const std::string& body) { return Must(http_.PostJson("/enqueue", body)); }

  static HttpReply Must(const absl::StatusOr<HttpReply>& reply) {
    if (!reply.ok()) throw std::runtime_error(base::MessageOf(reply.status()));
    return *reply;
  }

  // INVALID_ARGUMENT that names the field.
  static void ExpectBadField(const HttpReply& reply, const std::string& field) {
    EXPECT_EQ(reply.status, 400) << reply.body;
    const ErrorBody error = ParseError(reply.body);
    EXPECT_EQ(error.code, 3) << reply.body;
    EXPECT_THAT(error.fields, Contains(field)) << reply.body;
  }

  HttpClient http_ = stack().Http();
};

TEST_F(HttpErrorsTest, EmptyMessage) {
  ExpectBadField(Json("{}"), "message");
  ExpectBadField(Must(http_.PostForm("/enqueue", "")), "message");
}

TEST_F(HttpErrorsTest, MessageOf512KiBIsTakenAndALargerOneIsNot) {
  EXPECT_EQ(Must(http_.PostForm("/enqueue", std::string(512 * 1024, 'x'))).status, 200);
  ExpectBadField(Must(http_.PostForm("/enqueue", std::string(512 * 1024 + 1, 'x'))), "message");
}

TEST_F(HttpErrorsTest, BadQueueName) {
  ExpectBadField(Json(R"({"message":"x","queue":"a b"})"), "queue");
  ExpectBadField(Must(http_.Get("/v1/queues/a%20b")), "queue");
  ExpectBadField(Must(http_.Get("/v1/queues/" + std::string(65, 'q'))), "queue");
}

TEST_F(HttpErrorsTest, UnknownFieldIsNamed) {
  const HttpReply reply = Json(R"({"message":"x","colour":"red"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("colour"));
}

TEST_F(HttpErrorsTest, UnknownQueryParameterIsNamed) {
  const HttpReply reply = Must(http_.Get("/v1/queues/messages/jobs?colour=red"));
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("colour"));
}

TEST_F(HttpErrorsTest, WrongTypeIsNamed) {
  const HttpReply reply = Json(R"({"message":"x","maxAttempts":"many"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("ttempts"));
  EXPECT_EQ(Json(R"({"message":7})").status, 400);
}

TEST_F(HttpErrorsTest, ValueOutOfRangeIsNamed) {
  ExpectBadField(Json(R"({"message":"x","delay":"-1s"})"), "delay");
  ExpectBadField(Json(R"({"message":"x","maxAttempts":101})"), "max_attempts");
  ExpectBadField(Json(R"({"message":"x","uniqueFor":"5s"})"), "unique_for");
}

TEST_F(HttpErrorsTest, BrokenJson) {
  EXPECT_EQ(Json(R"({"message":)").status, 400);
  EXPECT_EQ(Json("[]").status, 400);
  EXPECT_EQ(Json(R"({"message":"x"} trailing)").status, 400);
}

TEST_F(HttpErrorsTest, BadUtf8) {
  ExpectBadField(Must(http_.PostForm("/enqueue", "caf\xe9")), "message");
  EXPECT_EQ(Json("{\"message\":\"caf\xe9\"}").status, 400);
}

TEST_F(HttpErrorsTest, UnknownPath) {
  const HttpReply reply = Must(http_.Get("/no/such/path"));
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(ParseError(reply.body).code, 5);
}

TEST_F(HttpErrorsTest, MalformedPath) { EXPECT_EQ(Must(http_.Get("/v1/queues/%zz")).status, 400); }

TEST_F(HttpErrorsTest, KnownPathWithAnotherVerb) {
  const HttpReply reply = Must(http_.Get("/enqueue"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.Header("Allow"), "POST");
  EXPECT_EQ(ParseError(reply.body).code, 12);
}

TEST_F(HttpErrorsTest, BodyBeyondOneMiB) {
  const HttpReply reply = Must(http_.PostForm("/enqueue", std::string(1024 * 1024 + 1, 'x')));
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(ParseError(reply.body).code, 3);
}

TEST_F(HttpErrorsTest, HeaderBeyond16KiB) {
  const HttpReply reply = Must(http_.Get("/v1/queues", {{"X-Large", std::string(20 * 1024, 'x')}}));
  EXPECT_EQ(reply.status, 431);
  EXPECT_EQ(ParseError(reply.body).code, 3);
}

TEST_F(HttpErrorsTest, WhatIsNotHttp) {
  ASSERT_TRUE(http_.SendRaw("hello there\r\n\r\n").ok());
  EXPECT_EQ(Must(http_.ReadReply()).status, 400);
  EXPECT_TRUE(http_.PeerCloses());
}

TEST_F(HttpErrorsTest, SlowHeaderIsCut) {
  ASSERT_TRUE(http_.SendRaw("POST /enqueue HTTP/1.1\r\nHost: t\r\nX-Slow").ok());
  EXPECT_TRUE(http_.PeerCloses());
}

TEST_F(HttpErrorsTest, SlowBodyIsCutHoweverSteadilyItDrips) {
  ASSERT_TRUE(
      http_.SendRaw("POST /enqueue HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n").ok());
  // A byte every few milliseconds: no single wait is long.
  EXPECT_TRUE(WaitUntil([&] { return !http_.SendRaw("x").ok(); }));
}

TEST_F(HttpErrorsTest, IdleConnectionIsClosed) {
  EXPECT_EQ(Must(http_.Get("/healthz")).status, 200);
  EXPECT_TRUE(http_.PeerCloses());
}

TEST_F(HttpErrorsTest, BadTimeoutHeaders) {
  EXPECT_EQ(Must(http_.Get("/v1/queues", {{"Grpc-Timeout", "soon"}})).status, 400);
  EXPECT_EQ(Must(http_.Get("/v1/queues", {{"X-Timeout-Ms", "0"}})).status, 400);
}

TEST_F(HttpErrorsTest, ExpiredTimeoutIs504) {
  const HttpReply reply = Must(http_.Get("/v1/queues", {{"Grpc-Timeout", "1n"}}));
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(ParseError(reply.body).code, 4);
}

}  // namespace
}  // namespace trellis::testing
