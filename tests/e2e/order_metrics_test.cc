// What the metrics of the order processes are called, and what they say after a few orders. Alerts
// and dashboards stand on the names: whoever changes one changes order_metrics.golden with it.
#include <gmock/gmock.h>

#include <csignal>
#include <set>
#include <sstream>

#include "tests/support/order_stack.h"

namespace trellis::testing {
namespace {

using ::testing::ElementsAreArray;

class OrderMetricsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // A confirm that comes later than three quarters of it counts as failed, and the order is
    // published again.
    shared_ = std::make_unique<OrderStack>(OrderStackOptions{.service = {{"OUTBOX_LEASE", "60s"}}});
    shared_->SetStock("case", 10);
  }
  static void TearDownTestSuite() { shared_.reset(); }
  void TearDown() override {
    if (HasFailure()) std::cerr << shared_->LogTails();
  }
  static OrderStack& stack() { return *shared_; }

  static int Post(const std::string& json, const std::string& key) {
    const auto reply = stack().Http().Request(
        "POST", "/orders", {{"Content-Type", "application/json"}, {"Idempotency-Key", key}}, json);
    return reply.ok() ? reply->status : 0;
  }

  // "order trellis_orders_total counter" for each of our metrics.
  static void AddNames(ServerProcess& process, std::set<std::string>* names) {
    for (const std::string& name : process.MetricNames()) {
      names->insert(process.name() + " " + name);
    }
  }

  static void ExpectBecomes(ServerProcess& process, const std::string& sample, double value) {
    EXPECT_TRUE(WaitUntil([&] { return process.Metric(sample) == value; }))
        << process.name() << ": " << sample << " is " << process.Metric(sample) << ", not "
        << value;
  }

 private:
  static inline std::unique_ptr<OrderStack> shared_;
};

TEST_F(OrderMetricsTest, NamesAndTypesAreThoseOfTheGoldenFile) {
  std::vector<std::string> golden;
  std::istringstream text(base::testing::ReadFile(TRELLIS_GOLDEN));
  for (std::string line; std::getline(text, line);) golden.push_back(line);
  std::set<std::string> names;
  AddNames(stack().service(), &names);
  AddNames(stack().processor(), &names);
  AddNames(stack().notifier(), &names);
  std::string all;
  for (const std::string& name : names) all += name + "\n";
  EXPECT_THAT(names, ElementsAreArray(golden)) << "they are now:\n" << all;
}

TEST_F(OrderMetricsTest, AFewOrdersAreCounted) {
  ASSERT_EQ(stack().Place("good", "case", 1), 200);
  ASSERT_EQ(stack().Place("good", "case", 1), 409);
  ASSERT_EQ(stack().Place("bad", "no-such-sku", 1), 200);
  ASSERT_EQ(stack().Place("worse", "case", 0), 400);
  ASSERT_EQ(Post(R"({"id":"keyed","sku":"case","qty":1})", "k"), 200);
  ASSERT_EQ(Post(R"({"id":"keyed","sku":"case","qty":1})", "k"), 200);
  ASSERT_EQ(Post(R"({"id":"other","sku":"case","qty":1})", "k"), 400);
  stack().Publish("orders.direct", "order", "this is no order");
  stack().Publish("orders.direct", "order", R"({"id":"stranger","sku":"case","qty":1})");
  stack().Publish("orders.topic", "order.created", "{}");
  // The event of an order that was notified comes again.
  ASSERT_TRUE(stack().AwaitSettled());
  ASSERT_EQ(stack().StatusOf("good"), "NOTIFIED");
  stack().Publish("orders.direct", "order", R"({"id":"good","sku":"case","qty":1})");
  ASSERT_EQ(stack().Notifications()["good"], 1);

  const std::string orders = R"(trellis_orders_total{outcome=")";
  ExpectBecomes(stack().service(), orders + "accepted\"}", 3);
  ExpectBecomes(stack().service(), orders + "duplicate\"}", 1);
  ExpectBecomes(stack().service(), orders + "replayed\"}", 1);
  ExpectBecomes(stack().service(), orders + "refused\"}", 2);
  ExpectBecomes(stack().service(), orders + "failed\"}", 0);
  ExpectBecomes(stack().service(), R"(trellis_outbox_publishes_total{outcome="confirmed"})", 3);
  ExpectBecomes(stack().service(), R"(trellis_outbox_publishes_total{outcome="failed"})", 0);
  ExpectBecomes(stack().service(), "trellis_outbox_depth", 0);
  ExpectBecomes(stack().service(), "trellis_outbox_oldest_age_seconds", 0);

  const std::string reservations = R"(trellis_reservations_total{outcome=")";
  ExpectBecomes(stack().processor(), reservations + "reserved\"}", 3);  // one of them twice
  ExpectBecomes(stack().processor(), reservations + "rejected\"}", 1);
  ExpectBecomes(stack().processor(), reservations + "cancelled\"}", 0);
  ExpectBecomes(stack().processor(), reservations + "unknown_order\"}", 1);
  const std::string taken = R"(trellis_consumer_messages_total{outcome=")";
  const std::string of_orders = R"(",queue="orders.queue"})";
  ExpectBecomes(stack().processor(), taken + "done" + of_orders, 4);
  ExpectBecomes(stack().processor(), taken + "dead" + of_orders, 2);
  ExpectBecomes(stack().processor(), taken + "redelivered" + of_orders, 0);

  const std::string of_events = R"(",queue="notifier.queue"})";
  ExpectBecomes(stack().notifier(), taken + "done" + of_events, 4);
  ExpectBecomes(stack().notifier(), taken + "dead" + of_events, 1);
  const std::string notifications = R"(trellis_notifications_total{outcome=")";
  ExpectBecomes(stack().notifier(), notifications + "sent\"}", 3);
  ExpectBecomes(stack().notifier(), notifications + "sent_before\"}", 1);
  ExpectBecomes(stack().notifier(), notifications + "failed\"}", 0);

  for (ServerProcess* process : {&stack().processor(), &stack().notifier()}) {
    ExpectBecomes(*process, R"(trellis_rabbitmq_connected{connection="rabbitmq-consumer"})", 1);
    ExpectBecomes(*process, R"(trellis_rabbitmq_blocked{connection="rabbitmq-consumer"})", 0);
  }
  ExpectBecomes(stack().service(), R"(trellis_rabbitmq_connected{connection="rabbitmq"})", 1);
}

// What the processor had in hand when it died comes again, and is counted as such.
TEST_F(OrderMetricsTest, RedeliveriesAreCounted) {
  stack().processor().Terminate();
  stack().processor().Set("TRELLIS_FAILPOINT", "order.after-reserve");
  stack().processor().Start();
  ASSERT_EQ(stack().Place("again", "case", 1), 200);
  ASSERT_EQ(stack().processor().AwaitExit(milliseconds(20'000)), -SIGKILL);
  stack().processor().Set("TRELLIS_FAILPOINT", "");
  stack().processor().StartAndAwaitReady();
  ASSERT_TRUE(stack().AwaitSettled());
  ExpectBecomes(stack().processor(),
                R"(trellis_consumer_messages_total{outcome="redelivered",queue="orders.queue"})",
                1);
}

}  // namespace
}  // namespace trellis::testing
