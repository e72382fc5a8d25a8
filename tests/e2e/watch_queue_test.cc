// The server stream over HTTP, in both forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/json.h"
#include "tests/support/stack_fixture.h"
#include "trellis/enqueue/v1/enqueue.pb.h"

namespace trellis::testing {
namespace {

using enqueue::v1::Queue;

constexpr char kWatch[] = "/v1/queues/messages:watch";
const HttpHeaders kEvents = {{"Accept", "text/event-stream"}};

class WatchQueueTest : public SharedStackTest<WatchQueueTest> {
 public:
  static StackOptions OptionsOfSuite() {
    return {.workers = 0, .gateway = {{"STREAM_HEARTBEAT", "300ms"}}};
  }

 protected:
  static bool NothingInFlight() {
    return WaitUntil([] { return stack().service().Metric("trellis_rpc_in_flight") == 0; });
  }
  static bool OneInFlight() {
    return WaitUntil([] { return stack().service().Metric("trellis_rpc_in_flight") == 1; });
  }

  HttpClient http_ = stack().Http();
};

TEST_F(WatchQueueTest, NdjsonBeginsAtOnceAndGoesOn) {
  const auto start = std::chrono::steady_clock::now();
  const auto head = http_.OpenStream(kWatch);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->Header("Content-Type"), "application/x-ndjson");
  for (int i = 0; i < 2; ++i) {
    const auto line = http_.ReadLine();
    ASSERT_TRUE(line.ok()) << line.status();
    ASSERT_TRUE(line->starts_with(R"({"result":)")) << *line;
    const std::string inner = line->substr(10, line->size() - 11);
    EXPECT_EQ(FromJson<Queue>(inner).name(), "messages");
    if (i > 0) continue;
    // The first one does not wait for the period of a second.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(900));
  }
}

TEST_F(WatchQueueTest, EventsHaveIdsFromOneOn) {
  const auto head = http_.OpenStream(kWatch, kEvents);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->Header("Content-Type"), "text/event-stream");
  EXPECT_EQ(head->Header("X-Accel-Buffering"), "no");
  EXPECT_EQ(http_.ReadLine().value(), "id: 1");
  const std::string data = http_.ReadLine().value();
  ASSERT_TRUE(data.starts_with("data: ")) << data;
  EXPECT_EQ(FromJson<Queue>(data.substr(6)).name(), "messages");
  EXPECT_EQ(http_.ReadLine().value(), "");
}

TEST_F(WatchQueueTest, SilentEventsGetHeartbeats) {
  ASSERT_TRUE(http_.OpenStream(kWatch, kEvents).ok());
  bool heartbeat = false;
  for (int lines = 0; lines < 12 && !heartbeat; ++lines) {
    heartbeat = http_.ReadLine().value_or("").starts_with(":");
  }
  EXPECT_TRUE(heartbeat);
}

TEST_F(WatchQueueTest, ClientThatGoesAwayEndsTheCall) {
  ASSERT_TRUE(http_.OpenStream(kWatch).ok());
  ASSERT_TRUE(http_.ReadLine().ok());
  ASSERT_TRUE(OneInFlight());
  http_.Close();
  EXPECT_TRUE(NothingInFlight());
}

TEST_F(WatchQueueTest, ManyClientsThatComeAndGoLeaveNothingBehind) {
  for (int round = 0; round < 20; ++round) {
    HttpClient client = stack().Http();
    ASSERT_TRUE(client.OpenStream(kWatch, round % 2 == 0 ? HttpHeaders{} : kEvents).ok());
    if (round % 3 == 0) {
      ASSERT_TRUE(client.ReadLine().ok());
    }
  }
  EXPECT_TRUE(NothingInFlight());
}

TEST_F(WatchQueueTest, EarlyErrorHasItsOwnStatus) {
  const auto reply = http_.Get("/v1/queues/a%20b:watch");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 400);
  EXPECT_EQ(ParseError(reply->body).code, 3);
}

TEST_F(WatchQueueTest, TimeoutOfTheClientEndsTheStreamWithAnErrorFrame) {
  const auto head = http_.OpenStream(kWatch, {{"Grpc-Timeout", "2S"}});
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->status, 200);
  std::string last;
  for (auto line = http_.ReadLine(); line.ok(); line = http_.ReadLine()) last = *line;
  EXPECT_THAT(last, ::testing::StartsWith(R"({"error":{"code":4,)"));
  EXPECT_TRUE(NothingInFlight());
}

class WatchAcrossShutdownTest : public StackTest {};

TEST_F(WatchAcrossShutdownTest, GatewayThatStopsEndsItsStreams) {
  Make({.workers = 0, .gateway = {{"DRAIN_TIMEOUT", "500ms"}}});
  HttpClient client = stack().Http();
  ASSERT_TRUE(client.OpenStream(kWatch).ok());
  ASSERT_TRUE(client.ReadLine().ok());
  EXPECT_EQ(stack().gateway().Terminate(), 0);
  EXPECT_TRUE(WaitUntil([this] { return stack().service().Metric("trellis_rpc_in_flight") == 0; }));
}

}  // namespace
}  // namespace trellis::testing
