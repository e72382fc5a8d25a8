// Guarantee: a process whose schema is not there yet takes nothing, loses nothing and says so.
#include "tests/support/order_stack.h"

namespace trellis::testing {
namespace {

class OrderSchemaTest : public OrderTest {
 protected:
  // As a new version finds it whose migration cannot be made yet: a table of its is not there, and
  // the migrations wait, for a person, as they would for a lock or for Postgres.
  void HideTheSchema() {
    Run("ALTER TABLE orders RENAME TO hidden; UPDATE schema_migrations SET dirty = true");
  }
  void ShowTheSchema() {
    Run("ALTER TABLE hidden RENAME TO orders; UPDATE schema_migrations SET dirty = false");
  }
  static bool WaitsForTheSchema(ServerProcess& process) {
    return !process.Ready() && process.Log().find("is dirty") != std::string::npos;
  }
  // What became of so many in the processor.
  double Messages(const std::string& outcome) {
    return stack().processor().Metric(R"(trellis_consumer_messages_total{outcome=")" + outcome +
                                      R"(",queue="orders.queue"})");
  }

 private:
  void Run(const std::string& sql) {
    (void)postgres::testing::PrivatePostgres::Query(stack().db_url(), sql);
  }
};

TEST_F(OrderSchemaTest, QueuedOrdersWaitForTheSchemaAndCostNoAttempt) {
  Make();
  stack().SetStock("case", 1000);
  stack().processor().Terminate();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(stack().Place("o" + std::to_string(i), "case", 1), 200);
  ASSERT_TRUE(WaitUntil([this] { return stack().rabbitmq().Ready("orders.queue") == 20; }));
  ASSERT_TRUE(WaitUntil([this] { return stack().Count("SELECT count(*) FROM outbox") == 0; }));
  stack().service().Terminate();
  stack().notifier().Terminate();
  HideTheSchema();
  for (ServerProcess* process : {&stack().processor(), &stack().notifier(), &stack().service()}) {
    process->Start();
    EXPECT_TRUE(WaitUntil([process] { return WaitsForTheSchema(*process); })) << process->name();
    EXPECT_TRUE(WaitUntil([process] {
      return process->Metric(R"(trellis_rabbitmq_connected{connection="rabbitmq"})") == 1;
    })) << process->name();
  }
  // The gateway may still have to find the service.
  EXPECT_TRUE(WaitUntil([this] {
    const auto reply = stack().Http().Get("/v1/orders");
    return reply.ok() && reply->body.find("not started") != std::string::npos;
  }));
  EXPECT_EQ(stack().Place("early", "case", 1), 503);
  EXPECT_EQ(stack().rabbitmq().Ready("orders.queue"), 20) << "taken before they could be done";

  ShowTheSchema();
  for (ServerProcess* process : {&stack().processor(), &stack().notifier(), &stack().service()}) {
    process->AwaitReady();
  }
  EXPECT_TRUE(stack().AwaitSettled());
  // Each of the gateway's reactors has a connection to find again.
  EXPECT_TRUE(WaitUntil([this] { return stack().Place("later", "case", 1) == 200; }));
  EXPECT_TRUE(stack().AwaitSettled());
  EXPECT_TRUE(WaitUntil([this] { return Messages("done") == 21; })) << Messages("done");
  for (const char* outcome : {"retried", "dead", "redelivered"}) {
    EXPECT_EQ(Messages(outcome), 0) << outcome;
  }
  ExpectBalanced("case", 1000, 21);
}

}  // namespace
}  // namespace trellis::testing
