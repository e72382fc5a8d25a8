#include "services/order/postgres_order_store.h"

#include <pqxx/pqxx>

#include "services/order/testing/order_store_fixture.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kLease;
using ::testing::SizeIs;
using Outcome = PlaceResult::Outcome;

class PostgresOrderStoreTest : public testing::OrderStoreFixture {};

TEST_F(PostgresOrderStoreTest, AcceptedOrderIsThereWithItsMessage) {
  const PlaceResult result = Place(kOrder);
  EXPECT_EQ(result.outcome, Outcome::kAccepted);
  EXPECT_EQ(result.row.body, R"({"id":"order1","sku":"case","qty":2})");
  const Order order = Get("order1");
  EXPECT_EQ(order.sku, "case");
  EXPECT_EQ(order.qty, 2);
  EXPECT_EQ(order.status, Status::kReceived);
  EXPECT_EQ(order.received_at, result.order.received_at);
  EXPECT_EQ(Ask("SELECT order_id FROM outbox"), "order1");
}

TEST_F(PostgresOrderStoreTest, SecondOrderWithTheIdIsADuplicateAndLeavesNothing) {
  Place(kOrder);
  EXPECT_EQ(Place({.id = "order1", .sku = "other", .qty = 9}).outcome, Outcome::kDuplicate);
  EXPECT_EQ(Get("order1").sku, "case");
  EXPECT_EQ(Ask("SELECT count(*) FROM outbox"), "1");
}

TEST_F(PostgresOrderStoreTest, UnknownOrderIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(Await(store_.Get("nobody", Soon())).status()));
  EXPECT_TRUE(absl::IsNotFound(Await(store_.SetReserved("nobody", kAt, Soon()))));
  EXPECT_TRUE(absl::IsNotFound(Await(store_.SetRejected("nobody", "no", kAt, Soon()))));
  EXPECT_TRUE(absl::IsNotFound(Await(store_.SetNotified("nobody", kAt, Soon()))));
}

TEST_F(PostgresOrderStoreTest, SameRequestWithTheSameKeyIsReplayed) {
  NewOrder order = kOrder;
  order.idempotency_key = "key";
  const PlaceResult first = Place(order);
  (void)Await(store_.SetReserved("order1", kAt, Soon()));
  const PlaceResult again = Place(order);
  EXPECT_EQ(again.outcome, Outcome::kReplayed);
  EXPECT_EQ(again.order.id, "order1");
  EXPECT_EQ(again.order.status, Status::kReceived) << "the answer of then, not the state of now";
  EXPECT_EQ(again.order.received_at, first.order.received_at);
  EXPECT_EQ(Ask("SELECT count(*) FROM outbox"), "1");
}

TEST_F(PostgresOrderStoreTest, KeyOfAnotherRequestIsRefused) {
  NewOrder order = kOrder;
  order.idempotency_key = "key";
  Place(order);
  order.qty = 3;
  EXPECT_EQ(Place(order).outcome, Outcome::kKeyMismatch);
  order.id = "order2";
  EXPECT_EQ(Place(order).outcome, Outcome::kKeyMismatch);
  EXPECT_TRUE(absl::IsNotFound(Await(store_.Get("order2", Soon())).status()));
}

TEST_F(PostgresOrderStoreTest, KeyInUseIsSaidAtOnce) {
  // Another transaction that holds the key, and asks before it ends.
  postgres::ConnectionPool other({.url = url_, .connections = 1});
  other.Start();
  NewOrder order = kOrder;
  order.idempotency_key = "key";
  PlaceResult meanwhile;
  postgres::Work work = [&](pqxx::transaction_base& transaction) {
    transaction.exec("SELECT pg_advisory_xact_lock(hashtextextended('idempotency:key', 0))");
    boost::asio::io_context context;
    meanwhile = *base::testing::RunCoroutine(context, store_.Place(order, kLease, Soon()));
    return absl::OkStatus();
  };
  EXPECT_TRUE(Await(other.Transact(std::move(work), Soon())).ok());
  EXPECT_EQ(meanwhile.outcome, Outcome::kKeyInUse);
  EXPECT_EQ(Place(order).outcome, Outcome::kAccepted);
}

TEST_F(PostgresOrderStoreTest, ReservingIsWrittenOnceInTheLedger) {
  Place(kOrder);
  (void)Await(store_.SetReserved("order1", kAt, Soon()));
  const absl::Status again = Await(store_.SetReserved("order1", kAt + milliseconds(5), Soon()));
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(Get("order1").status, Status::kReserved);
  EXPECT_EQ(Get("order1").reserved_at, kAt);
  EXPECT_EQ(Ask("SELECT kind, delta FROM ledger"), "reserve -2");
}

TEST_F(PostgresOrderStoreTest, RejectionKeepsItsReason) {
  Place(kOrder);
  (void)Await(store_.SetRejected("order1", "unknown sku", kAt, Soon()));
  const Order order = Get("order1");
  EXPECT_EQ(order.status, Status::kRejected);
  EXPECT_EQ(order.reason, "unknown sku");
  EXPECT_EQ(Ask("SELECT count(*) FROM ledger"), "0");
}

TEST_F(PostgresOrderStoreTest, NotifiedFollowsReservedButNotRejected) {
  Place(kOrder);
  (void)Await(store_.SetReserved("order1", kAt, Soon()));
  (void)Await(store_.SetNotified("order1", kAt, Soon()));
  EXPECT_EQ(Get("order1").status, Status::kNotified);
  Place({.id = "order2", .sku = "case", .qty = 1});
  (void)Await(store_.SetRejected("order2", "no", kAt, Soon()));
  (void)Await(store_.SetNotified("order2", kAt, Soon()));
  EXPECT_EQ(Get("order2").status, Status::kRejected);
  EXPECT_EQ(Get("order2").notified_at, kAt);
}

TEST_F(PostgresOrderStoreTest, CancelledStaysCancelledAndIsReleasedOnce) {
  Place(kOrder);
  (void)Await(store_.SetReserved("order1", kAt, Soon()));
  (void)Await(store_.SetCancelled("order1", true, kAt, Soon()));
  (void)Await(store_.SetCancelled("order1", true, kAt, Soon()));
  (void)Await(store_.SetNotified("order1", kAt, Soon()));
  EXPECT_EQ(Get("order1").status, Status::kCancelled);
  EXPECT_EQ(Ask("SELECT kind, delta FROM ledger ORDER BY delta"), "reserve -2 release 2");
}

TEST_F(PostgresOrderStoreTest, CancelBeforeTheReservationWasWrittenBalancesTheLedger) {
  Place(kOrder);
  (void)Await(store_.SetCancelled("order1", true, kAt, Soon()));
  (void)Await(store_.SetReserved("order1", kAt, Soon()));
  EXPECT_EQ(Ask("SELECT sum(delta), count(*) FROM ledger"), "0 2");
}

TEST_F(PostgresOrderStoreTest, PagesAreStableWhileOrdersComeIn) {
  for (int i = 0; i < 5; ++i) Place({.id = "o" + std::to_string(i), .sku = "s", .qty = 1});
  const auto first = Await(store_.List(std::nullopt, 2, "", Soon()));
  ASSERT_TRUE(first.ok()) << first.status();
  Place({.id = "late", .sku = "s", .qty = 1});
  std::vector<std::string> ids;
  for (const Order& order : first->orders) ids.push_back(order.id);
  for (std::string token = first->next_page_token; !token.empty();) {
    const auto page = Await(store_.List(std::nullopt, 2, token, Soon()));
    ASSERT_TRUE(page.ok()) << page.status();
    for (const Order& order : page->orders) ids.push_back(order.id);
    token = page->next_page_token;
  }
  EXPECT_THAT(ids, ElementsAre("o4", "o3", "o2", "o1", "o0"));
}

TEST_F(PostgresOrderStoreTest, ListIsByStatusAndRefusesForeignTokens) {
  Place(kOrder);
  Place({.id = "order2", .sku = "s", .qty = 1});
  (void)Await(store_.SetReserved("order2", kAt, Soon()));
  const auto reserved = Await(store_.List(Status::kReserved, 10, "", Soon()));
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  ASSERT_THAT(reserved->orders, SizeIs(1));
  EXPECT_EQ(reserved->orders[0].id, "order2");
  EXPECT_TRUE(absl::IsInvalidArgument(Await(store_.List(std::nullopt, 10, "x", Soon())).status()));
}

TEST_F(PostgresOrderStoreTest, OutboxRowIsNobodysUntilItsLeaseEnds) {
  Place(kOrder);
  EXPECT_THAT(*Await(store_.ClaimOutbox(10, kLease, Soon())), IsEmpty());
  Place({.id = "order2", .sku = "s", .qty = 1}, milliseconds(-1));
  const auto claimed = Await(store_.ClaimOutbox(10, kLease, Soon()));
  ASSERT_THAT(*claimed, SizeIs(1));
  EXPECT_EQ(claimed->front().order_id, "order2");
  EXPECT_THAT(*Await(store_.ClaimOutbox(10, kLease, Soon())), IsEmpty());
}

TEST_F(PostgresOrderStoreTest, ClaimedRowKeepsTheTimeOfItsWrite) {
  Place(kOrder, milliseconds(-1));
  Ask("UPDATE outbox SET created_at = created_at - interval '1 hour'");
  const auto claimed = Await(store_.ClaimOutbox(10, kLease, Soon()));
  ASSERT_THAT(*claimed, SizeIs(1));
  const auto age = std::chrono::steady_clock::now() - claimed->front().written_at;
  EXPECT_GE(age, std::chrono::hours(1));
  EXPECT_LT(age, std::chrono::hours(2));
}

TEST_F(PostgresOrderStoreTest, PublishedRowsAreForgotten) {
  const PlaceResult result = Place(kOrder);
  EXPECT_EQ(Await(store_.GetOutboxStats(Soon()))->depth, 1);
  EXPECT_TRUE(Await(store_.DeleteOutbox({result.row.id}, Soon())).ok());
  EXPECT_EQ(Await(store_.GetOutboxStats(Soon()))->depth, 0);
}

TEST_F(PostgresOrderStoreTest, CountsNameEveryStatus) {
  Place(kOrder);
  const auto counts = Await(store_.CountByStatus(Soon()));
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->at("received"), 1);
  EXPECT_EQ(counts->at("notified"), 0);
}

}  // namespace
}  // namespace trellis::order
