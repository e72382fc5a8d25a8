// Streams and consumers that are not there, or not as they should be.
#include <gtest/gtest.h>

#include "mesh/nats/testing/connection_fixture.h"

namespace trellis::nats {
namespace {

using absl::StatusCode;
using testing::milliseconds;
using testing::WaitUntil;

class TopologyTest : public testing::ConnectionFixture {
 protected:
  // What the state says of a connection that cannot be had.
  static std::string DetailOf(ConnectionOptions options) {
    Connection connection(std::move(options));
    connection.Start();
    EXPECT_TRUE(WaitUntil([&] {
      return connection.state().detail.find("cannot be changed") != std::string::npos;
    })) << connection.state().detail;
    EXPECT_FALSE(connection.state().connected);
    return connection.state().detail;
  }
  static bool Has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(TopologyTest, WhatIsAbsentIsMadeAsAsked) {
  const auto connection = Connected(Consuming());
  const std::string stream = server_->Api("STREAM.INFO.EVENTS");
  for (const char* const part : {R"("subjects":["events"])", R"("retention":"workqueue")",
                                 R"("max_age":86400000000000)", R"("storage":"file")"}) {
    EXPECT_TRUE(Has(stream, part)) << part << stream;
  }
  EXPECT_TRUE(Has(server_->Api("STREAM.INFO.DEAD"), R"("retention":"limits")"));
  const std::string consumer = server_->Api("CONSUMER.INFO.EVENTS.workers");
  for (const char* const part : {R"("ack_policy":"explicit")", R"("ack_wait":1000000000)",
                                 R"("max_deliver":-1)", R"("durable_name":"workers")"}) {
    EXPECT_TRUE(Has(consumer, part)) << part << consumer;
  }
}

TEST_F(TopologyTest, WhatDiffersIsChangedAndItsMessagesStay) {
  {
    const auto connection = Connected(Consuming());
    EXPECT_TRUE(AllOk(Publish(*connection, Numbered(3))));
  }
  ConnectionOptions options = Consuming();
  options.streams[0].max_age = std::chrono::hours(1);
  options.streams[0].subjects.push_back("more");
  options.consumer->ack_wait = milliseconds(2000);
  options.consumer->max_ack_pending = 500;
  const auto connection = Connected(options);
  EXPECT_TRUE(AllOk(Publish(*connection, {{"more", "3"}})));
  EXPECT_TRUE(Has(server_->Api("STREAM.INFO.EVENTS"), R"("max_age":3600000000000)"));
  const std::string consumer = server_->Api("CONSUMER.INFO.EVENTS.workers");
  EXPECT_TRUE(Has(consumer, R"("ack_wait":2000000000)")) << consumer;
  EXPECT_TRUE(Has(consumer, R"("max_ack_pending":500)")) << consumer;
  EXPECT_EQ(Take(*connection, 4).size(), 4u);
}

TEST_F(TopologyTest, AStreamOfAnotherRetentionIsAnErrorThatNamesIt) {
  (void)server_->Api("STREAM.CREATE.EVENTS",
                     R"({"name":"EVENTS","subjects":["events"],"retention":"limits",)"
                     R"("storage":"file","num_replicas":1,"max_consumers":-1,"discard":"old"})");
  const std::string detail = DetailOf(Consuming());
  EXPECT_TRUE(Has(detail, "stream EVENTS has another retention policy")) << detail;
}

TEST_F(TopologyTest, AStreamInMemoryIsAnErrorThatNamesIt) {
  (void)server_->Api("STREAM.CREATE.EVENTS",
                     R"({"name":"EVENTS","subjects":["events"],"retention":"workqueue",)"
                     R"("storage":"memory","num_replicas":1,"max_consumers":-1})");
  EXPECT_TRUE(Has(DetailOf(Consuming()), "stream EVENTS is not kept in a file"));
}

TEST_F(TopologyTest, AConsumerThatPushesIsAnErrorThatNamesItUntilItIsGone) {
  { const auto connection = Connected(Options()); }
  (void)server_->Api(
      "CONSUMER.DURABLE.CREATE.EVENTS.workers",
      R"({"stream_name":"EVENTS","config":{"durable_name":"workers","deliver_subject":"to",)"
      R"("deliver_policy":"all","ack_policy":"explicit","replay_policy":"instant"}})");
  EXPECT_TRUE(Has(DetailOf(Consuming()), "consumer workers of stream EVENTS pushes"));
  (void)server_->Api("CONSUMER.DELETE.EVENTS.workers");
  const auto connection = Connected(Consuming());
}

TEST_F(TopologyTest, AServerWithoutJetStreamIsAnErrorThatSaysSo) {
  ConnectionOptions options = Options();
  // A server of its own, which has everything but the flag.
  const int port = base::testing::StablePort();
  base::testing::Subprocess plain(
      {{"nats-server", "-a", "127.0.0.1", "-p", std::to_string(port)}, {}, ""});
  plain.Start();
  options.servers = {"nats://127.0.0.1:" + std::to_string(port)};
  Connection connection(options);
  connection.Start();
  EXPECT_TRUE(WaitUntil([&] { return Has(connection.state().detail, "JetStream is not enabled"); }))
      << connection.state().detail;
}

TEST_F(TopologyTest, AStreamThatIsDeletedIsBackAfterThePublishThatFoundOut) {
  const auto connection = Connected(Consuming());
  server_->DeleteStream("EVENTS");
  EXPECT_TRUE(
      WaitUntil([&] { return Publish(*connection, Numbered(1), milliseconds(1000))[0].ok(); }));
  EXPECT_EQ(Take(*connection, 1).size(), 1u);
}

TEST_F(TopologyTest, AConsumerThatIsDeletedIsBack) {
  const auto connection = Connected(Consuming());
  (void)server_->Api("CONSUMER.DELETE.EVENTS.workers");
  EXPECT_TRUE(WaitUntil([&] { return server_->AckPending("EVENTS", "workers") == 0; }));
  EXPECT_TRUE(
      WaitUntil([&] { return Publish(*connection, Numbered(1), milliseconds(1000))[0].ok(); }));
  EXPECT_EQ(Take(*connection, 1).size(), 1u);
}

TEST_F(TopologyTest, AStreamThatRefusesIsToldByTheStateUntilItTakesSomething) {
  const auto connection = Connected(Options());
  const std::string limited =
      R"({"name":"EVENTS","subjects":["events"],"retention":"workqueue","storage":"file",)"
      R"("num_replicas":1,"max_consumers":-1,"max_age":86400000000000,"discard":"new",)"
      R"("max_msgs":2})";
  (void)server_->Api("STREAM.UPDATE.EVENTS", limited);
  const auto statuses = Publish(*connection, Numbered(3));
  EXPECT_TRUE(statuses[1].ok()) << statuses[1];
  EXPECT_EQ(statuses[2].code(), StatusCode::kUnavailable);
  EXPECT_TRUE(Has(base::MessageOf(statuses[2]), "maximum messages exceeded")) << statuses[2];
  EXPECT_TRUE(WaitUntil([&] { return connection->state().refused; }));
  EXPECT_TRUE(connection->state().connected);
  EXPECT_TRUE(Has(connection->state().detail, "maximum messages exceeded"));
  (void)server_->Api("STREAM.PURGE.EVENTS");
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1))));
  EXPECT_TRUE(WaitUntil([&] { return !connection->state().refused; }));
}

}  // namespace
}  // namespace trellis::nats
