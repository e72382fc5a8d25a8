// Guarantees: orders outlive RabbitMQ, and a poison message holds up nobody.
#include "tests/support/order_stack.h"

namespace trellis::testing {
namespace {

using OrderBrokerTest = OrderTest;

base::WallTime Now() { return std::chrono::system_clock::now(); }

TEST_F(OrderBrokerTest, OrdersAreAcceptedWhileRabbitMqIsAwayAndGoOnWhenItReturns) {
  Make();
  stack().SetStock("case", 1000);
  ASSERT_EQ(stack().Place("before", "case", 1), 200);
  const base::WallTime killed = Now();
  stack().rabbitmq().Kill();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(stack().Place("away" + std::to_string(i), "case", 1), 200);
  }
  EXPECT_TRUE(WaitUntil([this] {
    return stack().service().Metric(R"(trellis_rabbitmq_connected{connection="rabbitmq"})") == 0;
  }));
  EXPECT_TRUE(WaitUntil([this] { return stack().service().Ready(); }))
      << "orders wait in the outbox";
  EXPECT_GE(stack().Count("SELECT count(*) FROM outbox"), 50);
  stack().rabbitmq().Start();
  const base::WallTime back = Now();
  EXPECT_EQ(stack().Place("after", "case", 1), 200);
  ReportRecovery("RabbitMQ's only node is killed", killed);
  ReportRecovery("RabbitMQ's only node is back", back);
  ReportSettled("RabbitMQ's only node is back", back);
  ExpectBalanced("case", 1000, 52);
}

TEST_F(OrderBrokerTest, MemoryAlarmIsShownAndLosesNothing) {
  Make();
  stack().SetStock("case", 1000);
  stack().rabbitmq().SetMemoryAlarm(true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(stack().Place("alarm" + std::to_string(i), "case", 1), 200);
  }
  EXPECT_TRUE(WaitUntil([this] {
    return stack().service().Metric(R"(trellis_rabbitmq_blocked{connection="rabbitmq"})") == 1;
  }));
  stack().rabbitmq().SetMemoryAlarm(false);
  const base::WallTime over = Now();
  EXPECT_EQ(stack().Place("after", "case", 1), 200);
  ReportRecovery("the memory alarm is over", over);
  ReportSettled("the memory alarm is over", over);
  ExpectBalanced("case", 1000, 11);
}

TEST_F(OrderBrokerTest, PoisonMessageIsDeadAndOthersGoOn) {
  Make();
  stack().SetStock("case", 1000);
  stack().Publish("orders.direct", "order", "this is no order");
  stack().Publish("orders.direct", "order", R"({"id":"stranger","sku":"case","qty":1})");
  stack().Publish("orders.topic", "order.created", "{}");
  ASSERT_EQ(stack().Place("healthy", "case", 1), 200);
  EXPECT_TRUE(stack().AwaitSettled());
  EXPECT_TRUE(WaitUntil([this] { return stack().rabbitmq().Ready("orders.dead") == 2; }));
  EXPECT_TRUE(WaitUntil([this] { return stack().rabbitmq().Ready("notifier.dead") == 1; }));
  ExpectBalanced("case", 1000, 1);
}

TEST_F(OrderBrokerTest, UnroutableOrderWaitsInTheOutboxUntilItsQueueIsBack) {
  Make();
  stack().SetStock("case", 1000);
  stack().processor().Terminate();
  stack().rabbitmq().Control({"delete_queue", "orders.queue"});
  ASSERT_EQ(stack().Place("lonely", "case", 1), 200);
  EXPECT_TRUE(WaitUntil([this] {
    return stack().service().Metric(R"(trellis_outbox_publishes_total{outcome="failed"})") > 0;
  }));
  EXPECT_EQ(stack().Count("SELECT count(*) FROM outbox"), 1);
  // The processor declares the topology when it connects.
  stack().processor().StartAndAwaitReady();
  const base::WallTime back = Now();
  EXPECT_EQ(stack().Place("after", "case", 1), 200);
  ReportRecovery("the queue of an unroutable order is back", back);
  ReportSettled("the queue of an unroutable order is back", back);
  ExpectBalanced("case", 1000, 2);
}

TEST_F(OrderBrokerTest, EventWithoutAQueueWaitsUntilTheNotifierIsBack) {
  Make();
  stack().SetStock("case", 1000);
  stack().notifier().Terminate();
  stack().rabbitmq().Control({"delete_queue", "notifier.queue"});
  ASSERT_EQ(stack().Place("lonely", "case", 1), 200);
  const auto messages = [this](const std::string& outcome) {
    return stack().processor().Metric(R"(trellis_consumer_messages_total{outcome=")" + outcome +
                                      R"(",queue="orders.queue"})");
  };
  EXPECT_TRUE(WaitUntil([&] { return messages("waited_for_dependency") > 5; }));
  stack().notifier().StartAndAwaitReady();
  EXPECT_TRUE(stack().AwaitSettled());
  EXPECT_TRUE(WaitUntil([&] { return messages("done") == 1; }));
  EXPECT_EQ(messages("retried"), 0);
  EXPECT_EQ(stack().rabbitmq().Ready("orders.dead"), 0);
  ExpectBalanced("case", 1000, 1);
}

TEST_F(OrderBrokerTest, RedisAwayHoldsOrdersUpAndLosesNone) {
  Make();
  stack().SetStock("case", 1000);
  stack().redis().Kill();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(stack().Place("o" + std::to_string(i), "case", 1), 200);
  }
  EXPECT_TRUE(WaitUntil([this] { return !stack().processor().Ready(); }));
  EXPECT_TRUE(WaitUntil([this] { return stack().service().Ready(); }));
  stack().redis().Start();
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced("case", 1000, 20);
}

}  // namespace
}  // namespace trellis::testing
