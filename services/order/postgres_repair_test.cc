// The adapters of repair on a real Postgres.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "mesh/postgres/testing/private_postgres.h"
#include "services/order/migrations.h"
#include "services/order/postgres_cancel_intents.h"
#include "services/order/postgres_idempotency_keys.h"
#include "services/order/postgres_order_audit.h"
#include "services/order/postgres_order_store.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PostgresRepairTest : public ::testing::Test {
 protected:
  PostgresRepairTest()
      : url_(postgres::testing::PrivatePostgres::Shared().CreateDatabase()),
        pool_({.url = url_, .application_name = "test", .connections = 2}) {
    const auto migrations = postgres::ParseMigrations(MigrationFiles());
    EXPECT_TRUE(migrations.ok()) << migrations.status();
    postgres::Migrator migrator(url_, *migrations);
    const absl::Status status = migrator.Up(Soon());
    EXPECT_TRUE(status.ok()) << status;
    pool_.Start();
  }

  [[nodiscard]] static base::Deadline Soon() { return base::Deadline::After(milliseconds(10'000)); }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  void Place(const std::string& id, const std::string& key = "") {
    const auto result = Await(store_.Place(
        {.id = id, .sku = "case", .qty = 2, .idempotency_key = key}, milliseconds(60'000), Soon()));
    ASSERT_TRUE(result.ok()) << result.status();
  }
  // Of orders that were accepted more than an hour ago, as PlaceLongAgo makes them.
  AuditPage Page(const std::string& after = "", int limit = 100) {
    auto page = Await(audit_.Page(after, std::chrono::hours(1), limit, Soon()));
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *std::move(page) : AuditPage();
  }
  void PlaceLongAgo(const std::string& id) {
    Place(id);
    Ask("UPDATE orders SET received_at = received_at - interval '2 hours' WHERE id = '" + id + "'");
  }
  std::string Ask(const std::string& sql) {
    const auto rows = postgres::testing::PrivatePostgres::Query(url_, sql);
    std::string text;
    for (const auto& row : rows) {
      for (const std::string& field : row) text += (text.empty() ? "" : " ") + field;
    }
    return text;
  }
  static std::vector<std::string> Ids(const AuditPage& page) {
    std::vector<std::string> ids;
    for (const AuditedOrder& audited : page.orders) ids.push_back(audited.order.id);
    return ids;
  }

  static constexpr base::WallTime kAt = base::WallTime(milliseconds(1'790'000'000'123));
  const std::string url_;
  boost::asio::io_context context_{1};
  postgres::ConnectionPool pool_;
  PostgresOrderStore store_{pool_};
  PostgresOrderAudit audit_{pool_};
  PostgresCancelIntents intents_{pool_};
  PostgresIdempotencyKeys keys_{pool_};
};

using PostgresOrderAuditTest = PostgresRepairTest;
using PostgresCancelIntentsTest = PostgresRepairTest;
using PostgresIdempotencyKeysTest = PostgresRepairTest;

TEST_F(PostgresOrderAuditTest, PageHasOrdersWithLedgerAndOutbox) {
  PlaceLongAgo("o1");
  AuditedOrder audited = Page().orders.at(0);
  EXPECT_EQ(audited.order.status, Status::kReceived);
  EXPECT_TRUE(audited.in_outbox);
  EXPECT_FALSE(audited.reserve_row);
  ASSERT_TRUE(Await(store_.SetReserved("o1", kAt, Soon())).ok());
  ASSERT_TRUE(Await(intents_.Request("o1", Soon())).ok());
  ASSERT_TRUE(Await(store_.SetCancelled("o1", true, kAt, Soon())).ok());
  Ask("DELETE FROM outbox");
  audited = Page().orders.at(0);
  EXPECT_EQ(audited.order.reserved_at, kAt);
  EXPECT_EQ(audited.order.cancelled_at, kAt);
  EXPECT_TRUE(audited.cancel_requested_at);
  EXPECT_FALSE(audited.in_outbox);
  EXPECT_EQ(audited.reserve_row, -2);
  EXPECT_EQ(audited.release_row, 2);
}

TEST_F(PostgresOrderAuditTest, PagesAreOldestFirstWithoutTheYoung) {
  for (const char* id : {"c", "a", "b"}) PlaceLongAgo(id);
  Place("young");
  const AuditPage first = Page("", 2);
  EXPECT_THAT(Ids(first), ElementsAre("c", "a"));
  const AuditPage second = Page(first.next, 2);
  EXPECT_THAT(Ids(second), ElementsAre("b"));
  EXPECT_EQ(second.next, "");
  for (const char* bad : {"x", "1", "1:", "1:a b", ":a", "1x:a"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(Await(audit_.Page(bad, milliseconds(1), 1, Soon())).status()))
        << bad;
  }
}

TEST_F(PostgresOrderAuditTest, KnownTellsOrdersFromOthers) {
  Place("o1");
  Place("o2");
  const auto known = Await(audit_.Known({"o1", "nobodys", "no \"id\" {}", "o2"}, Soon()));
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_THAT(*known, ElementsAre("o1", "o2"));
  EXPECT_THAT(*Await(audit_.Known({}, Soon())), IsEmpty());
}

TEST_F(PostgresOrderAuditTest, MessageGoesToTheOutboxOnceAndIsFreeToBeTaken) {
  PlaceLongAgo("o1");
  const std::string body = Ask("SELECT body FROM outbox");
  Ask("DELETE FROM outbox");
  const Order order = Page().orders.at(0).order;
  EXPECT_TRUE(Await(audit_.PutInOutbox(order, Soon())).ok());
  EXPECT_TRUE(Await(audit_.PutInOutbox(order, Soon())).ok());
  EXPECT_EQ(Ask("SELECT body FROM outbox"), body);
  const auto rows = Await(store_.ClaimOutbox(10, milliseconds(1000), Soon()));
  ASSERT_TRUE(rows.ok());
  EXPECT_THAT(*rows, SizeIs(1));
  EXPECT_THAT(Page().orders, IsEmpty()) << "it was repaired within the grace";
}

TEST_F(PostgresOrderAuditTest, LedgerIsCompletedByTheTimesOfTheOrder) {
  Place("o1");
  EXPECT_TRUE(Await(audit_.CompleteLedger("o1", Soon())).ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM ledger"), "0");
  ASSERT_TRUE(Await(store_.SetReserved("o1", kAt, Soon())).ok());
  ASSERT_TRUE(Await(store_.SetCancelled("o1", true, kAt, Soon())).ok());
  const std::string all = "SELECT kind, sku, delta FROM ledger ORDER BY kind";
  const std::string before = Ask(all);
  Ask("DELETE FROM ledger");
  EXPECT_TRUE(Await(audit_.CompleteLedger("o1", Soon())).ok());
  EXPECT_TRUE(Await(audit_.CompleteLedger("o1", Soon())).ok());
  EXPECT_EQ(Ask(all), before);
}

TEST_F(PostgresCancelIntentsTest, RequestIsUnfinishedUntilTheOrderIsCancelled) {
  Place("o1");
  Place("other");
  const auto order = Await(intents_.Request("o1", Soon()));
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->sku, "case");
  EXPECT_EQ(order->qty, 2);
  EXPECT_THAT(*Await(intents_.Unfinished(std::chrono::hours(1), 10, Soon())), IsEmpty());
  const auto unfinished = Await(intents_.Unfinished(milliseconds(0), 10, Soon()));
  ASSERT_TRUE(unfinished.ok()) << unfinished.status();
  ASSERT_THAT(*unfinished, SizeIs(1));
  EXPECT_EQ(unfinished->at(0).id, "o1");
  ASSERT_TRUE(Await(store_.SetCancelled("o1", false, kAt, Soon())).ok());
  EXPECT_THAT(*Await(intents_.Unfinished(milliseconds(0), 10, Soon())), IsEmpty());
  EXPECT_EQ(Await(intents_.Request("o1", Soon()))->cancelled_at, kAt);
}

TEST_F(PostgresCancelIntentsTest, RepeatedRequestKeepsTheFirstTime) {
  Place("o1");
  ASSERT_TRUE(Await(intents_.Request("o1", Soon())).ok());
  const std::string first = Ask("SELECT cancel_requested_at FROM orders");
  ASSERT_TRUE(Await(intents_.Request("o1", Soon())).ok());
  EXPECT_EQ(Ask("SELECT cancel_requested_at FROM orders"), first);
}

TEST_F(PostgresCancelIntentsTest, WithdrawnIsNotUnfinished) {
  Place("o1");
  ASSERT_TRUE(Await(intents_.Request("o1", Soon())).ok());
  EXPECT_TRUE(Await(intents_.Withdraw("o1", Soon())).ok());
  EXPECT_THAT(*Await(intents_.Unfinished(milliseconds(0), 10, Soon())), IsEmpty());
}

TEST_F(PostgresCancelIntentsTest, UnknownAndRejectedOrdersAreRefused) {
  Place("o1");
  ASSERT_TRUE(Await(store_.SetRejected("o1", "none left", kAt, Soon())).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Await(intents_.Request("o1", Soon())).status()));
  EXPECT_TRUE(absl::IsNotFound(Await(intents_.Request("nobodys", Soon())).status()));
  EXPECT_THAT(*Await(intents_.Unfinished(milliseconds(0), 10, Soon())), IsEmpty());
}

TEST_F(PostgresIdempotencyKeysTest, OldKeysGoInBatchesAndYoungStay) {
  for (const char* id : {"o1", "o2", "o3", "o4"}) Place(id, std::string("key-") + id);
  Ask("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'"
      " WHERE order_id <> 'o4'");
  const auto purge = [this] { return *Await(keys_.Purge(std::chrono::hours(24), 2, Soon())); };
  EXPECT_EQ(purge(), 2);
  EXPECT_EQ(purge(), 1);
  EXPECT_EQ(purge(), 0);
  EXPECT_EQ(Ask("SELECT order_id FROM idempotency_keys"), "o4");
}

TEST_F(PostgresIdempotencyKeysTest, PurgedKeyIsFreeForAnotherRequest) {
  Place("o1", "key");
  Ask("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'");
  EXPECT_EQ(*Await(keys_.Purge(std::chrono::hours(24), 10, Soon())), 1);
  const auto again = Await(store_.Place(
      {.id = "o2", .sku = "case", .qty = 1, .idempotency_key = "key"}, milliseconds(1000), Soon()));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->outcome, PlaceResult::Outcome::kAccepted);
}

}  // namespace
}  // namespace trellis::order
