// Guarantees: orders outlive RabbitMQ, and a poison message holds up nobody.
#include <csignal>
#include <thread>

#include "mesh/amqp/connection.h"
#include "mesh/base/testing/run.h"
#include "tests/support/order_stack.h"

namespace trellis::testing {
namespace {

class OrderBrokerTest : public OrderTest {
 protected:
  // Puts a message on an exchange as anybody could.
  void Publish(const std::string& exchange, const std::string& key, const std::string& body) {
    amqp::ConnectionOptions options;
    options.nodes = {stack().rabbitmq().node()};
    options.name = "test";
    amqp::Connection connection(std::move(options));
    connection.Start();
    ASSERT_TRUE(WaitUntil([&] { return connection.state().connected; }));
    amqp::Message message;
    message.exchange = exchange;
    message.routing_key = key;
    message.message_id = "test";
    message.body = body;
    boost::asio::io_context context;
    const absl::Status status = base::testing::RunCoroutine(
        context,
        connection.Publish(std::move(message), base::Deadline::After(milliseconds(10'000))));
    ASSERT_TRUE(status.ok()) << status;
  }
};

TEST_F(OrderBrokerTest, OrdersAreAcceptedWhileRabbitMqIsAwayAndGoOnWhenItReturns) {
  Make();
  stack().SetStock("case", 1000);
  ASSERT_EQ(stack().Place("before", "case", 1), 200);
  stack().rabbitmq().Kill();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(stack().Place("away" + std::to_string(i), "case", 1), 200);
  }
  EXPECT_TRUE(stack().service().Ready()) << "orders wait in the outbox";
  EXPECT_TRUE(WaitUntil([this] {
    return stack().service().Metric(R"(trellis_rabbitmq_connected{connection="rabbitmq"})") == 0;
  }));
  EXPECT_GE(stack().Count("SELECT count(*) FROM outbox"), 50);
  stack().rabbitmq().Start();
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced("case", 1000, 51);
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
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced("case", 1000, 10);
}

TEST_F(OrderBrokerTest, PoisonMessageIsDeadAndOthersGoOn) {
  Make();
  stack().SetStock("case", 1000);
  Publish("orders.direct", "order", "this is no order");
  Publish("orders.direct", "order", R"({"id":"stranger","sku":"case","qty":1})");
  Publish("orders.topic", "order.created", "{}");
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
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced("case", 1000, 1);
}

TEST_F(OrderBrokerTest, RedisAwayHoldsOrdersUpAndLosesNone) {
  Make();
  stack().SetStock("case", 1000);
  stack().redis().Kill();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(stack().Place("o" + std::to_string(i), "case", 1), 200);
  }
  EXPECT_TRUE(stack().service().Ready());
  EXPECT_TRUE(WaitUntil([this] { return !stack().processor().Ready(); }));
  stack().redis().Start();
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced("case", 1000, 20);
}

}  // namespace
}  // namespace trellis::testing
