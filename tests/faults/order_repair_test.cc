// Guarantee: what an operator finds broken in the order pipeline, the service finds too, and mends.
#include <gmock/gmock.h>

#include <csignal>

#include "mesh/amqp/connection.h"
#include "mesh/base/testing/run.h"
#include "tests/support/json.h"
#include "tests/support/order_stack.h"
#include "trellis/order/v1/order.pb.h"

namespace trellis::testing {
namespace {

namespace v1 = order::v1;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kSku[] = "case";
constexpr int64_t kStock = 1000;

// Of an order, a kind of finding.
using Found = std::pair<std::string, std::string>;

class OrderRepairTest : public OrderTest {
 protected:
  void Begin(OrderStackOptions options = {}) {
    options.notifier["LEASE"] = "500ms";
    Make(std::move(options));
    stack().SetStock(kSku, kStock);
  }
  // All pages as one.
  v1::ReconcileOrdersResponse Reconcile(bool repair) {
    v1::ReconcileOrdersResponse all;
    std::string token;
    do {
      const auto reply = stack().Http().PostJson(
          "/v1/orders:reconcile", std::string(R"({"older_than_ms":"1","page_size":3,"repair":)") +
                                      (repair ? "true" : "false") + R"(,"page_token":")" + token +
                                      "\"}");
      if (!reply.ok() || reply->status != 200) {
        ADD_FAILURE() << reply.status() << (reply.ok() ? reply->body : "");
        break;
      }
      const auto page = FromJson<v1::ReconcileOrdersResponse>(reply->body);
      all.MergeFrom(page);
      token = page.next_page_token();
    } while (!token.empty());
    return all;
  }
  std::vector<Found> Findings() {
    std::vector<Found> found;
    const v1::ReconcileOrdersResponse response = Reconcile(false);
    for (const v1::Finding& finding : response.findings()) {
      found.emplace_back(finding.order_id(), v1::FindingKind_Name(finding.kind()));
    }
    return found;
  }
  // Everything that is found is repaired, and nothing is found any more once it has had its effect.
  void ExpectRepaired() {
    const v1::ReconcileOrdersResponse repair = Reconcile(true);
    for (const v1::Finding& finding : repair.findings()) {
      EXPECT_TRUE(finding.repaired()) << finding.ShortDebugString();
    }
    EXPECT_TRUE(stack().AwaitSettled());
    EXPECT_TRUE(WaitUntil([this] { return Findings().empty(); }));
  }
  void PlaceAndSettle(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) ASSERT_EQ(stack().Place(id, kSku, 2), 200);
    ASSERT_TRUE(stack().AwaitSettled());
    ASSERT_TRUE(WaitUntil([this] { return Findings().empty(); }));
  }
  int Post(const std::string& path, const std::string& json = "{}") {
    const auto reply = stack().Http().PostJson(path, json);
    return reply.ok() ? reply->status : 0;
  }
  void Sql(const std::string& sql) {
    (void)postgres::testing::PrivatePostgres::Query(stack().db_url(), sql);
  }
  void Redis(const std::vector<std::string>& command) { (void)stack().redis().Run(command); }

  std::unique_ptr<amqp::Connection> Connect(const std::string& queue = "") {
    amqp::ConnectionOptions options;
    options.nodes = {stack().rabbitmq().node()};
    options.name = "test";
    options.queue = queue;
    auto connection = std::make_unique<amqp::Connection>(std::move(options));
    connection->Start();
    EXPECT_TRUE(WaitUntil([&] { return connection->state().connected; }));
    return connection;
  }
  // Puts a message on orders.queue as anybody could.
  void PublishOrder(const std::string& body) {
    amqp::Message message;
    message.exchange = "orders.direct";
    message.routing_key = "order";
    message.message_id = "strangers";
    message.body = body;
    const auto connection = Connect();
    boost::asio::io_context context;
    const absl::Status status = base::testing::RunCoroutine(
        context,
        connection->Publish(std::move(message), base::Deadline::After(milliseconds(10'000))));
    ASSERT_TRUE(status.ok()) << status;
  }
  // The order's message dies before the processor sees it.
  void PlaceAndKillMessage(const std::string& id) {
    stack().processor().Terminate();
    ASSERT_EQ(stack().Place(id, kSku, 2), 200);
    const auto consumer = Connect("orders.queue");
    boost::asio::io_context context;
    const auto delivery = base::testing::RunCoroutine(
        context, consumer->Next(base::Deadline::After(milliseconds(10'000))));
    ASSERT_TRUE(delivery.ok()) << delivery.status();
    consumer->Reject(*delivery);
    consumer->StopConsuming();
    ASSERT_TRUE(WaitUntil([this] { return Dead() == 1; }));
    stack().processor().StartAndAwaitReady();
  }
  int Dead() { return stack().rabbitmq().Ready("orders.dead"); }
  // Makes the service die at the failpoint in the call, and starts it again.
  void CrashService(const std::string& failpoint, const std::string& path,
                    const std::string& json = "{}") {
    ServerProcess& service = stack().service();
    service.Terminate();
    service.Set("TRELLIS_FAILPOINT", failpoint);
    service.StartAndAwaitReady();
    // The gateway may still believe that the service is away.
    const auto dies = [&] {
      EXPECT_NE(Post(path, json), 200);
      return !service.running();
    };
    EXPECT_TRUE(WaitUntil(dies)) << failpoint;
    EXPECT_EQ(service.AwaitExit(milliseconds(20'000)), -SIGKILL) << failpoint;
    service.Set("TRELLIS_FAILPOINT", "");
    service.StartAndAwaitReady();
  }
};

TEST_F(OrderRepairTest, WhatIsBrokenByHandIsFoundAndMended) {
  Begin();
  PlaceAndSettle({"healthy", "reservation", "notification", "untold", "undecided", "ledger",
                  "unreleased", "uncancelled"});
  for (const char* id : {"unreleased", "uncancelled"}) {
    ASSERT_EQ(Post(std::string("/v1/orders/") + id + ":cancel"), 200);
  }
  Redis({"DEL", "reservation:reservation"});
  Redis({"DEL", "notification:notification"});
  Sql("UPDATE orders SET notified_at = NULL, status = 'reserved' WHERE id = 'untold'");
  Sql("UPDATE orders SET reserved_at = NULL, status = 'received' WHERE id = 'undecided'");
  Sql("DELETE FROM ledger WHERE order_id IN ('undecided', 'ledger')");
  Redis({"HSET", "reservation:unreleased", "state", "reserved"});
  Redis({"DECRBY", "inventory:case", "2"});
  Sql("UPDATE orders SET cancelled_at = NULL, cancel_requested_at = NULL, status = 'notified'"
      " WHERE id = 'uncancelled'");
  Sql("DELETE FROM ledger WHERE order_id = 'uncancelled' AND kind = 'release'");
  Redis(
      {"HSET", "reservation:nobodys", "state", "reserved", "sku", "case", "qty", "5", "time", "1"});
  Redis({"DECRBY", "inventory:case", "5"});

  EXPECT_THAT(
      Findings(),
      UnorderedElementsAre(
          Pair("reservation", "RESERVATION_MISSING"), Pair("notification", "NOTIFICATION_MISSING"),
          Pair("untold", "NOTIFICATION_NOT_STORED"), Pair("undecided", "DECISION_NOT_STORED"),
          Pair("ledger", "LEDGER_ROW_MISSING"), Pair("unreleased", "STOCK_NOT_RELEASED"),
          Pair("uncancelled", "CANCEL_UNFINISHED"), Pair("nobodys", "RESERVATION_WITHOUT_ORDER")));
  ExpectRepaired();
  ExpectBalanced(kSku, kStock, 8);
  EXPECT_EQ(stack().Stock(kSku), kStock - 6 * 2);
  EXPECT_EQ(stack().StatusOf("uncancelled"), "CANCELLED");
  EXPECT_EQ(stack().service().Metric(R"(trellis_order_repairs_total{kind="reservation_missing"})"),
            1);
}

TEST_F(OrderRepairTest, DecisionsThatDifferAreReportedAndLeftToAPerson) {
  Begin();
  PlaceAndSettle({"o1"});
  Redis({"HSET", "reservation:o1", "qty", "3"});
  const v1::ReconcileOrdersResponse response = Reconcile(true);
  ASSERT_EQ(response.findings_size(), 1);
  EXPECT_EQ(response.findings(0).kind(), v1::DECISIONS_DIFFER);
  EXPECT_FALSE(response.findings(0).repaired());
  EXPECT_NE(response.findings(0).repair_error(), "");
}

TEST_F(OrderRepairTest, LostMessagesAndEventsAreSentAgain) {
  Begin();
  // A message that nobody has.
  stack().processor().Terminate();
  ASSERT_EQ(stack().Place("message", kSku, 2), 200);
  ASSERT_TRUE(WaitUntil([this] { return stack().rabbitmq().Ready("orders.queue") == 1; }));
  (void)stack().rabbitmq().Control({"purge_queue", "orders.queue"});
  ASSERT_TRUE(WaitUntil([this] { return stack().Count("SELECT count(*) FROM outbox") == 0; }));
  stack().processor().StartAndAwaitReady();
  // An event that nobody has.
  stack().notifier().Terminate();
  ASSERT_EQ(stack().Place("event", kSku, 2), 200);
  ASSERT_TRUE(WaitUntil([this] { return stack().rabbitmq().Ready("notifier.queue") == 1; }));
  (void)stack().rabbitmq().Control({"purge_queue", "notifier.queue"});
  stack().notifier().StartAndAwaitReady();
  // A row of the outbox that somebody has deleted before it was published.
  stack().rabbitmq().Kill();
  ASSERT_EQ(stack().Place("row", kSku, 2), 200);
  Sql("DELETE FROM outbox WHERE order_id = 'row'");
  stack().rabbitmq().Start();
  ASSERT_TRUE(WaitUntil([this] { return stack().processor().Ready(); }, milliseconds(30'000)));

  EXPECT_THAT(Findings(),
              IsSupersetOf({Found("message", "MESSAGE_LOST"), Found("event", "NOT_NOTIFIED")}));
  EXPECT_THAT(Findings(), ::testing::Contains(Found("row", "MESSAGE_LOST")));
  ExpectRepaired();
  ExpectBalanced(kSku, kStock, 3);
  EXPECT_EQ(stack().Stock(kSku), kStock - 3 * 2);
}

TEST_F(OrderRepairTest, CancellationWhoseProcessDiedIsCompletedByItself) {
  Begin();
  PlaceAndSettle({"o1", "o2"});
  CrashService("order.after-cancel-intent", "/v1/orders/o1:cancel");
  EXPECT_TRUE(WaitUntil([this] { return stack().StatusOf("o1") == "CANCELLED"; }));
  CrashService("order.after-release", "/v1/orders/o2:cancel");
  EXPECT_TRUE(WaitUntil([this] { return stack().StatusOf("o2") == "CANCELLED"; }));
  EXPECT_EQ(stack().Stock(kSku), kStock);
  ExpectBalanced(kSku, kStock, 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(OrderRepairTest, DeadMessageIsShownReplayedAndProcessed) {
  Begin();
  PlaceAndKillMessage("o1");
  for (int i = 0; i < 3; ++i) {
    const auto list = FromJson<v1::ListDeadMessagesResponse>(
        stack().Http().Get("/v1/dead-messages?queue=ORDERS")->body);
    ASSERT_EQ(list.messages_size(), 1) << "looking does not take it away";
    EXPECT_EQ(list.messages(0).message_id(), "order:o1");
    EXPECT_EQ(list.messages(0).reason(), "rejected");
    EXPECT_EQ(list.messages(0).death_count(), 1);
    EXPECT_EQ(list.messages(0).body_start(), R"({"id":"o1","sku":"case","qty":2})");
  }
  EXPECT_THAT(Findings(), UnorderedElementsAre(Pair("o1", "MESSAGE_LOST")));
  EXPECT_EQ(stack().StatusOf("o1"), "RECEIVED");
  const auto replay = FromJson<v1::ReplayDeadMessagesResponse>(
      stack().Http().PostJson("/v1/dead-messages:replay", R"({"limit":10})")->body);
  EXPECT_EQ(replay.replayed(), 1);
  EXPECT_EQ(replay.left(), 0);
  EXPECT_TRUE(stack().AwaitSettled());
  EXPECT_TRUE(WaitUntil([this] { return Dead() == 0; }));
  ExpectBalanced(kSku, kStock, 1);
}

TEST_F(OrderRepairTest, CrashInAReplayLosesAndDoublesNothing) {
  Begin();
  PlaceAndKillMessage("o1");
  CrashService("order.after-replay-before-ack", "/v1/dead-messages:replay");
  EXPECT_TRUE(stack().AwaitSettled());
  EXPECT_TRUE(WaitUntil([this] { return Dead() == 1; })) << "it was not acked";
  // The gateway may still believe that the service is away.
  EXPECT_TRUE(WaitUntil([this] { return Post("/v1/dead-messages:replay") == 200; }));
  EXPECT_TRUE(WaitUntil([this] { return Dead() == 0; }));
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced(kSku, kStock, 1);
}

// A message of an order that nobody has placed yet is dead and leaves nothing behind: the order
// that is placed later is an order like any other.
TEST_F(OrderRepairTest, StrangersMessageDoesNoHarmToALaterOrderOfItsId) {
  Begin();
  PublishOrder(R"({"id":"o1","sku":"case","qty":2})");
  ASSERT_TRUE(WaitUntil([this] { return Dead() == 1; }));
  EXPECT_EQ(stack().redis().Run({"EXISTS", "reservation:o1"}).Integer(), 0);
  EXPECT_EQ(stack().Stock(kSku), kStock);
  ASSERT_EQ(stack().Place("o1", kSku, 2), 200);
  EXPECT_TRUE(WaitUntil([this] { return stack().StatusOf("o1") == "NOTIFIED"; }));
  // One that says something else than the order takes nothing either.
  PublishOrder(R"({"id":"o1","sku":"case","qty":500})");
  ASSERT_TRUE(WaitUntil([this] { return Dead() == 2; }));
  ExpectBalanced(kSku, kStock, 1);
  EXPECT_EQ(stack().Stock(kSku), kStock - 2);
}

TEST_F(OrderRepairTest, IdempotencyKeysAreForgottenAfterTheirTime) {
  Begin({.service = {{"IDEMPOTENCY_KEY_TTL", "1s"}}});
  const auto reply = stack().Http().Request(
      "POST", "/orders", {{"Content-Type", "application/json"}, {"Idempotency-Key", "k"}},
      R"({"id":"o1","sku":"case","qty":2})");
  ASSERT_TRUE(reply.ok() && reply->status == 200);
  EXPECT_TRUE(
      WaitUntil([this] { return stack().Count("SELECT count(*) FROM idempotency_keys") == 0; }));
}

}  // namespace
}  // namespace trellis::testing
