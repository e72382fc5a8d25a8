#include "services/order/dead_messages.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/amqp/testing/fake_broker.h"
#include "mesh/base/testing/run.h"
#include "services/order/topology.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::SizeIs;

class DeadMessagesTest : public ::testing::Test {
 protected:
  void Fill(const std::string& body, const std::string& queue = kOrdersDeadQueue) {
    amqp::Delivery delivery;
    delivery.message.exchange = kDeadExchange;
    delivery.message.routing_key = queue;
    delivery.message.message_id = "id-" + body;
    delivery.message.body = body;
    delivery.message.headers = {{"x-attempt", "4"},
                                {"x-first-death-reason", "rejected"},
                                {"x-first-death-queue", kOrdersQueue},
                                {"traceparent", "t"}};
    delivery.death = amqp::Death{kOrdersQueue, "rejected", 3, base::FromUnixMillis(5000)};
    (void)broker_.Fill(queue, std::move(delivery));
  }
  absl::StatusOr<DeadPage> List(int limit = 100) {
    return base::testing::RunCoroutine(
        context_, dead_.List(DeadQueue::kOrders, limit, base::Deadline::After(milliseconds(5000))));
  }
  absl::StatusOr<Replay> Bring(int limit = 100, milliseconds patience = milliseconds(5000)) {
    return base::testing::RunCoroutine(
        context_, dead_.Bring(DeadQueue::kOrders, limit, base::Deadline::After(patience)));
  }
  std::vector<std::string> Bodies() { return broker_.Bodies(kOrdersDeadQueue); }

  boost::asio::io_context context_{1};
  amqp::testing::FakeBroker broker_;
  DeadMessages dead_{broker_, broker_};
};

TEST_F(DeadMessagesTest, ListShowsTheOldestAndLeavesAllInTheirOrder) {
  for (const char* body : {"a", "b", "c"}) Fill(body);
  const auto page = List(2);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->messages, SizeIs(2));
  EXPECT_EQ(page->left, 1);
  EXPECT_EQ(page->messages[0].id, "id-a");
  EXPECT_EQ(page->messages[0].reason, "rejected");
  EXPECT_EQ(page->messages[0].deaths, 3);
  EXPECT_EQ(page->messages[0].died_at, base::FromUnixMillis(5000));
  EXPECT_EQ(page->messages[0].body_start, "a");
  EXPECT_THAT(Bodies(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(broker_.acked(), IsEmpty());
}

TEST_F(DeadMessagesTest, ListShowsTheStartOfALongBody) {
  Fill(std::string(1000, 'x'));
  const auto page = List();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->messages[0].body_start, std::string(200, 'x'));
  EXPECT_EQ(page->messages[0].body_size, 1000u);
}

TEST_F(DeadMessagesTest, BringPublishesToTheQueueOfOldWithoutAttemptsAndThenAcks) {
  Fill("a");
  const auto replay = Bring();
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->replayed, 1);
  EXPECT_EQ(replay->left, 0);
  ASSERT_THAT(broker_.published(), SizeIs(1));
  const amqp::Message message = broker_.published()[0];
  EXPECT_EQ(message.exchange, "");
  EXPECT_EQ(message.routing_key, kOrdersQueue);
  EXPECT_EQ(message.message_id, "id-a");
  EXPECT_EQ(message.body, "a");
  EXPECT_THAT(message.headers, ElementsAre(Key("traceparent")));
  EXPECT_THAT(broker_.acked(), SizeIs(1));
  EXPECT_THAT(Bodies(), IsEmpty());
}

TEST_F(DeadMessagesTest, NotifiersDeadGoToTheNotifiersQueue) {
  Fill("a", kNotifierDeadQueue);
  const auto replay = base::testing::RunCoroutine(
      context_, dead_.Bring(DeadQueue::kNotifier, 10, base::Deadline::After(milliseconds(5000))));
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(broker_.published().at(0).routing_key, kNotifierQueue);
}

TEST_F(DeadMessagesTest, BringTakesNoMoreThanTheLimitAndSaysWhatIsLeft) {
  for (const char* body : {"a", "b", "c"}) Fill(body);
  const auto replay = Bring(2);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(replay->replayed, 2);
  EXPECT_EQ(replay->left, 1);
  EXPECT_THAT(Bodies(), ElementsAre("c"));
}

TEST_F(DeadMessagesTest, MessageThatDiesAgainAtOnceIsNotTakenAgain) {
  Fill("poison");
  broker_.set_answer([this](const amqp::Message&) {
    Fill("poison again");
    return absl::OkStatus();
  });
  const auto replay = Bring();
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(replay->replayed, 1);
  EXPECT_THAT(Bodies(), ElementsAre("poison again"));
}

TEST_F(DeadMessagesTest, WhatCouldNotBePublishedStaysInItsOrder) {
  for (const char* body : {"a", "b", "c"}) Fill(body);
  broker_.set_answer([](const amqp::Message& message) {
    return message.body == "b" ? absl::UnavailableError("away") : absl::OkStatus();
  });
  const auto replay = Bring();
  EXPECT_TRUE(absl::IsUnavailable(replay.status()));
  EXPECT_THAT(base::MessageOf(replay.status()), HasSubstr("1 of orders.dead were brought back"));
  EXPECT_THAT(Bodies(), ElementsAre("b", "c"));
  EXPECT_THAT(broker_.acked(), ElementsAre(1));
}

TEST_F(DeadMessagesTest, NearTheDeadlineNothingIsBegun) {
  Fill("a");
  const auto replay = Bring(10, milliseconds(100));
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->replayed, 0);
  EXPECT_THAT(Bodies(), ElementsAre("a"));
}

}  // namespace
}  // namespace trellis::order
