// Many orders written at a time: what one of them is must not change what becomes of another.
#include <atomic>
#include <future>
#include <pqxx/pqxx>

#include "mesh/base/reactors.h"
#include "mesh/base/testing/subprocess.h"
#include "services/order/testing/order_store_fixture.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using testing::kLease;
using Outcome = PlaceResult::Outcome;
using Placed = absl::StatusOr<PlaceResult>;

class PostgresOrderBatchesTest : public testing::OrderStoreFixture {
 protected:
  // All in one turn of the reactor, so that they are one batch; their answers in the same order.
  template <typename T>
  std::vector<T> Together(std::vector<boost::asio::awaitable<T>> calls) {
    std::vector<std::optional<T>> answers(calls.size());
    size_t left = calls.size();
    for (size_t i = 0; i < calls.size(); ++i) {
      boost::asio::co_spawn(context_, std::move(calls[i]),
                            [&answers, &left, i](const std::exception_ptr&, T answer) {
                              answers[i] = std::move(answer);
                              --left;
                            });
    }
    const base::Deadline patience = Soon();
    while (left > 0 && !patience.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(100));
    }
    std::vector<T> all;
    for (auto& answer : answers) {
      all.push_back(answer ? *std::move(answer) : T(absl::UnknownError("no answer")));
    }
    return all;
  }
  std::vector<Placed> PlaceTogether(const std::vector<NewOrder>& orders) {
    std::vector<boost::asio::awaitable<Placed>> calls;
    for (const NewOrder& order : orders) calls.push_back(store_.Place(order, kLease, Soon()));
    return Together(std::move(calls));
  }
  [[nodiscard]] std::string Transactions() {
    return Ask("SELECT count(DISTINCT xmin::text) FROM orders");
  }
};

TEST_F(PostgresOrderBatchesTest, OrdersOfOneTurnAreOneTransactionWithAMessageEach) {
  std::vector<NewOrder> orders;
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    orders.push_back({.id = "o" + n, .sku = "s" + n, .qty = i + 1, .request_id = "r" + n});
  }
  const std::vector<Placed> placed = PlaceTogether(orders);
  std::map<int64_t, std::string> messages;
  for (size_t i = 0; i < orders.size(); ++i) {
    ASSERT_TRUE(placed[i].ok()) << placed[i].status();
    EXPECT_EQ(placed[i]->outcome, Outcome::kAccepted);
    EXPECT_EQ(placed[i]->order.id, orders[i].id);
    EXPECT_EQ(placed[i]->row.order_id, orders[i].id);
    messages[placed[i]->row.id] = orders[i].id + " " + orders[i].request_id;
    const Order order = Get(orders[i].id);
    EXPECT_EQ(order.sku, orders[i].sku);
    EXPECT_EQ(order.qty, orders[i].qty);
    EXPECT_EQ(order.received_at, placed[i]->order.received_at);
  }
  std::string wanted;
  for (const auto& [id, message] : messages) wanted += (wanted.empty() ? "" : " ") + message;
  EXPECT_EQ(Ask("SELECT order_id, request_id FROM outbox ORDER BY id"), wanted);
  EXPECT_EQ(Transactions(), "1");
}

TEST_F(PostgresOrderBatchesTest, FirstOfSeveralWithOneIdIsAccepted) {
  Place({.id = "old", .sku = "before", .qty = 1});
  const std::vector<Placed> placed = PlaceTogether({{.id = "new", .sku = "first", .qty = 1},
                                                    {.id = "old", .sku = "second", .qty = 2},
                                                    {.id = "new", .sku = "third", .qty = 3},
                                                    {.id = "abc", .sku = "fourth", .qty = 4}});
  const Outcome wanted[] = {Outcome::kAccepted, Outcome::kDuplicate, Outcome::kDuplicate,
                            Outcome::kAccepted};
  for (size_t i = 0; i < placed.size(); ++i) {
    ASSERT_TRUE(placed[i].ok()) << placed[i].status();
    EXPECT_EQ(placed[i]->outcome, wanted[i]) << i;
  }
  EXPECT_EQ(Ask("SELECT id, sku FROM orders ORDER BY qty DESC, sku"),
            "abc fourth old before new first");
  EXPECT_EQ(Ask("SELECT count(*) FROM outbox"), "3");
}

TEST_F(PostgresOrderBatchesTest, BadOrderAmongGoodOnesFailsAlone) {
  const std::vector<Placed> placed =
      PlaceTogether({{.id = "good1", .sku = "s", .qty = 1},
                     {.id = "bad1", .sku = "s", .qty = 0},
                     {.id = "bad2", .sku = "s", .qty = 1, .request_id = "\xff"},
                     {.id = "good2", .sku = "s", .qty = 1}});
  EXPECT_TRUE(placed[0].ok()) << placed[0].status();
  EXPECT_TRUE(absl::IsInvalidArgument(placed[1].status())) << placed[1].status();
  EXPECT_TRUE(absl::IsInvalidArgument(placed[2].status())) << placed[2].status();
  EXPECT_TRUE(placed[3].ok()) << placed[3].status();
  EXPECT_EQ(Ask("SELECT id FROM orders ORDER BY id"), "good1 good2");
  EXPECT_EQ(Ask("SELECT order_id FROM outbox ORDER BY order_id"), "good1 good2");
}

TEST_F(PostgresOrderBatchesTest, OrdersWithKeysAreOfNoBatchButOfTheSameStore) {
  const std::vector<Placed> placed =
      PlaceTogether({{.id = "o1", .sku = "s", .qty = 1},
                     {.id = "o2", .sku = "s", .qty = 1, .idempotency_key = "key"},
                     {.id = "o3", .sku = "s", .qty = 1}});
  for (const Placed& each : placed) {
    ASSERT_TRUE(each.ok()) << each.status();
    EXPECT_EQ(each->outcome, Outcome::kAccepted);
  }
  EXPECT_EQ(Transactions(), "2");
  EXPECT_EQ(Place({.id = "o2", .sku = "s", .qty = 1, .idempotency_key = "key"}).outcome,
            Outcome::kReplayed);
}

TEST_F(PostgresOrderBatchesTest, StepsOfOneTurnEachReachTheirOrder) {
  for (const char* id : {"o1", "o2", "o3", "o4"}) Place({.id = id, .sku = "s", .qty = 2});
  (void)Await(store_.SetCancelled("o3", false, kAt, Soon()));
  (void)Await(store_.SetReserved("o4", kAt, Soon()));
  std::vector<boost::asio::awaitable<absl::Status>> calls;
  for (const char* id : {"o2", "nobody", "o1", "o3", "o4", "o1"}) {
    const auto at = kAt + milliseconds(static_cast<int>(calls.size()));
    calls.push_back(store_.SetReserved(id, at, Soon()));
  }
  const std::vector<absl::Status> answers = Together(std::move(calls));
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].code(), i == 1 ? absl::StatusCode::kNotFound : absl::StatusCode::kOk)
        << i << answers[i];
  }
  EXPECT_EQ(Get("o2").reserved_at, kAt);
  EXPECT_EQ(Get("o1").reserved_at, kAt + milliseconds(2)) << "the first of the two";
  EXPECT_EQ(Get("o3").status, Status::kCancelled);
  EXPECT_EQ(Get("o4").reserved_at, kAt) << "said again, it changes nothing";
  EXPECT_EQ(Ask("SELECT order_id, delta FROM ledger ORDER BY order_id"), "o1 -2 o2 -2 o3 -2 o4 -2");
}

TEST_F(PostgresOrderBatchesTest, ReasonsAreKeptAsTheyAreAndABadOneFailsAlone) {
  const std::vector<std::string> reasons = {
      R"(no "case" \ left, {NULL})", "NULL", "", "\xff", std::string("a\0b", 3),
      "gr\xc3\xbc\xc3\x9f"};
  std::vector<boost::asio::awaitable<absl::Status>> calls;
  for (size_t i = 0; i < reasons.size(); ++i) {
    const std::string id = "o" + std::to_string(i);
    Place({.id = id, .sku = "s", .qty = 1});
    calls.push_back(store_.SetRejected(id, reasons[i], kAt, Soon()));
  }
  const std::vector<absl::Status> answers = Together(std::move(calls));
  for (size_t i = 0; i < reasons.size(); ++i) {
    const Order order = Get("o" + std::to_string(i));
    const bool bad = i == 3 || i == 4;
    EXPECT_EQ(absl::IsInvalidArgument(answers[i]), bad) << i << answers[i];
    EXPECT_EQ(order.status, bad ? Status::kReceived : Status::kRejected) << i;
    EXPECT_EQ(order.reason, bad ? "" : reasons[i]);
  }
}

TEST_F(PostgresOrderBatchesTest, CallerWithALittleTimeIsAnsweredInItAndItsOrderIsNotLost) {
  std::optional<Placed> hasty, patient;
  const auto begin = [this](const char* id, milliseconds time, std::optional<Placed>& answer) {
    boost::asio::co_spawn(
        context_,
        store_.Place({.id = id, .sku = "s", .qty = 1}, milliseconds(-1),
                     base::Deadline::After(time)),
        [&answer](const std::exception_ptr&, Placed placed) { answer = std::move(placed); });
  };
  const auto run_until = [this](const std::optional<Placed>& answer) {
    const base::Deadline patience = Soon();
    while (!answer && !patience.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(100));
    }
    return answer.has_value();
  };
  // Holds up their batch until the first of them has gone.
  postgres::ConnectionPool other({.url = url_, .connections = 1});
  other.Start();
  postgres::Work work = [&](pqxx::transaction_base& transaction) {
    transaction.exec("LOCK TABLE orders IN EXCLUSIVE MODE");
    begin("hasty", milliseconds(200), hasty);
    begin("patient", milliseconds(20'000), patient);
    EXPECT_TRUE(run_until(hasty));
    EXPECT_FALSE(patient.has_value());
    return absl::OkStatus();
  };
  boost::asio::io_context context;
  const absl::Status held =
      base::testing::RunCoroutine(context, other.Transact(std::move(work), Soon()));
  EXPECT_TRUE(held.ok()) << held;
  EXPECT_TRUE(absl::IsUnknown(hasty->status())) << hasty->status();
  ASSERT_TRUE(run_until(patient));
  EXPECT_TRUE(patient->ok()) << patient->status();
  EXPECT_EQ(Ask("SELECT id FROM orders ORDER BY id"), "hasty patient");
  EXPECT_THAT(*Await(store_.ClaimOutbox(10, kLease, Soon())), ::testing::SizeIs(2))
      << "whose lease has ended is published by whoever comes";
}

// From many reactors, with every step twice and in any order.
class PostgresOrderStormTest : public PostgresOrderBatchesTest {
 protected:
  // Runs `call` for each number below `count`, spread over two reactors.
  void Storm(int count, const std::function<boost::asio::awaitable<void>(int)>& call) {
    base::Reactors reactors(2);
    std::vector<std::future<void>> ends;
    for (int i = 0; i < count; ++i) {
      auto end = std::make_shared<std::promise<void>>();
      ends.push_back(end->get_future());
      boost::asio::co_spawn(reactors[static_cast<size_t>(i % 2)], call(i),
                            [end](const std::exception_ptr&) { end->set_value(); });
    }
    reactors.Start();
    for (std::future<void>& end : ends) end.get();
  }
};

TEST_F(PostgresOrderStormTest, OfAThousandIdenticalOrdersOneIsAccepted) {
  std::atomic<int> accepted{0}, duplicates{0};
  const auto place = [&](int) -> boost::asio::awaitable<void> {
    const Placed placed = co_await store_.Place(kOrder, kLease, Soon());
    if (!placed.ok()) co_return;
    accepted += placed->outcome == Outcome::kAccepted ? 1 : 0;
    duplicates += placed->outcome == Outcome::kDuplicate ? 1 : 0;
  };
  Storm(1000, place);
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(duplicates, 999);
  EXPECT_EQ(Ask("SELECT count(*) FROM orders"), "1");
  EXPECT_EQ(Ask("SELECT count(*) FROM outbox"), "1");
}

TEST_F(PostgresOrderStormTest, BatchesOfTheSameOrdersDoNotBlockEachOther) {
  constexpr int kOrders = 100, kRounds = 20;
  // Two stores, as two processes have them, so that the same orders are in several batches.
  std::optional<postgres::ConnectionPool> pool(
      std::in_place,
      postgres::PoolOptions{.url = url_, .application_name = "storm", .connections = 8});
  pool->Start();
  PostgresOrderStore one(*pool), other(*pool);
  std::atomic<int> failed{0};
  const auto place = [&](int i) -> boost::asio::awaitable<void> {
    OrderStore& store = i % 2 == 0 ? one : other;
    // Every other round goes through the orders backwards.
    const bool backwards = i / kOrders % 2 == 1;
    const int n = backwards ? kOrders - 1 - i % kOrders : i % kOrders;
    const std::string id = "o" + std::to_string(n);
    NewOrder order{.id = id, .sku = "s", .qty = 1};
    const Placed placed = co_await store.Place(std::move(order), kLease, Soon());
    const absl::Status reserved = co_await store.SetReserved(id, kAt, Soon());
    const absl::Status notified = co_await store.SetNotified(id, kAt, Soon());
    if (!placed.ok() || !reserved.ok() || !notified.ok()) ++failed;
  };
  Storm(kOrders * kRounds, place);
  EXPECT_EQ(failed, 0);
  // A connection tells its statistics when it ends.
  pool.reset();
  EXPECT_TRUE(base::testing::WaitUntil([this] {
    return Ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'storm'") == "0";
  }));
  EXPECT_EQ(Ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
  EXPECT_EQ(Ask("SELECT count(*) FROM orders WHERE status <> 'notified'"), "0");
  EXPECT_EQ(Ask("SELECT count(*) FROM ledger"), Ask("SELECT count(*) FROM orders"));
}

}  // namespace
}  // namespace trellis::order
