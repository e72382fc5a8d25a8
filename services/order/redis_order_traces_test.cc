#include "services/order/redis_order_traces.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <set>

#include "mesh/base/testing/run.h"
#include "mesh/redis/connection.h"
#include "mesh/redis/testing/private_redis.h"
#include "services/order/redis_notification_ledger.h"
#include "services/order/redis_stock.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::SizeIs;

class RedisOrderTracesTest : public ::testing::Test {
 protected:
  RedisOrderTracesTest() : connection_(context_.get_executor(), {.address = redis_.address()}) {
    const auto connected = [this] {
      context_.restart();
      context_.run_for(milliseconds(5));
      return connection_.connected();
    };
    EXPECT_TRUE(base::testing::WaitUntil(connected));
    (void)redis_.Run({"SET", "inventory:case", "10"});
  }
  [[nodiscard]] static base::Deadline Soon() { return base::Deadline::After(milliseconds(5000)); }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  int64_t Stock() { return redis_.Run({"GET", "inventory:case"}).Integer(); }
  Reservation Reserve(const std::string& id, int32_t qty = 3) {
    return *Await(stock_.Reserve(id, "case", qty, Soon()));
  }
  OrderTrace Trace(const std::string& id) {
    const auto traces = Await(traces_.Read({id}, Soon()));
    EXPECT_TRUE(traces.ok()) << traces.status();
    return traces.ok() && traces->size() == 1 ? traces->at(0) : OrderTrace();
  }

  redis::testing::PrivateRedis redis_;
  boost::asio::io_context context_{1};
  redis::Connection connection_;
  RedisStock stock_{connection_};
  RedisNotificationLedger ledger_{connection_, milliseconds(60'000)};
  RedisOrderTraces traces_{connection_};
  const Order order_{.id = "o1",
                     .sku = "case",
                     .qty = 3,
                     .status = Status::kReserved,
                     .reserved_at = base::FromUnixMillis(5000)};
};

TEST_F(RedisOrderTracesTest, ReadsWhatStockAndLedgerWrote) {
  const Reservation reserved = Reserve("o1");
  const Reservation rejected = Reserve("o2", 100);
  (void)Await(stock_.Cancel("o3", "case", Soon()));
  (void)Await(ledger_.Claim("o2", Soon()));
  (void)Await(ledger_.Claim("o1", Soon()));
  (void)Await(ledger_.RecordSent("o1", Soon()));
  const auto traces = Await(traces_.Read({"o1", "o2", "o3", "unknown"}, Soon()));
  ASSERT_TRUE(traces.ok()) << traces.status();
  ASSERT_THAT(*traces, SizeIs(4));
  EXPECT_EQ(traces->at(0).decision, Status::kReserved);
  EXPECT_EQ(traces->at(0).decided_at, reserved.time);
  EXPECT_EQ(traces->at(0).qty, 3);
  EXPECT_EQ(traces->at(0).sku, "case");
  EXPECT_EQ(traces->at(0).notice, OrderTrace::Notice::kSent);
  EXPECT_GE(traces->at(0).sent_at, reserved.time);
  EXPECT_EQ(traces->at(1).decision, Status::kRejected);
  EXPECT_EQ(traces->at(1).reason, rejected.reason);
  EXPECT_EQ(traces->at(1).notice, OrderTrace::Notice::kClaimed);
  EXPECT_GT(traces->at(1).claimed_until, rejected.time);
  EXPECT_EQ(traces->at(2).decision, Status::kCancelled);
  EXPECT_EQ(traces->at(2).cancelled_at, traces->at(2).decided_at);
  EXPECT_FALSE(traces->at(3).decision);
  EXPECT_EQ(traces->at(3).notice, OrderTrace::Notice::kNone);
}

TEST_F(RedisOrderTracesTest, ReadsMoreThanOneCommandsWorth) {
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) ids.push_back("o" + std::to_string(i));
  (void)Reserve("o249");
  const auto traces = Await(traces_.Read(ids, Soon()));
  ASSERT_TRUE(traces.ok());
  ASSERT_THAT(*traces, SizeIs(250));
  EXPECT_TRUE(traces->at(249).decision);
  EXPECT_FALSE(traces->at(0).decision);
}

TEST_F(RedisOrderTracesTest, ReservationsArePagedThrough) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) (void)Reserve("o" + std::to_string(i), 1000);
  (void)redis_.Run({"SET", "reservation:odd", "no hash"});
  (void)redis_.Run({"HSET", "reservation:no id", "state", "reserved"});
  std::string after;
  do {
    const auto page = Await(traces_.Reservations(after, 10, Soon()));
    ASSERT_TRUE(page.ok()) << page.status();
    seen.insert(page->order_ids.begin(), page->order_ids.end());
    after = page->next;
  } while (!after.empty());
  EXPECT_THAT(seen, SizeIs(100));
  EXPECT_TRUE(absl::IsInvalidArgument(Await(traces_.Reservations("x", 10, Soon())).status()));
}

TEST_F(RedisOrderTracesTest, RestoredReservationIsAsReservedAndTakesNothing) {
  (void)Reserve("o1");
  (void)redis_.Run({"DEL", "reservation:o1"});
  EXPECT_TRUE(Await(traces_.RestoreReservation(order_, Soon())).ok());
  EXPECT_EQ(Reserve("o1").time, order_.reserved_at);
  EXPECT_EQ(Stock(), 7);
  EXPECT_GT(redis_.Run({"TTL", "reservation:o1"}).Integer(), 13 * 24 * 3600);
  EXPECT_EQ(Await(stock_.Cancel("o1", "case", Soon()))->outcome, Release::Outcome::kReleased);
  EXPECT_EQ(Stock(), 10);
}

TEST_F(RedisOrderTracesTest, RestoredRejectionAndCancellationStayWhatTheyWere) {
  Order order = order_;
  order.rejected_at = std::exchange(order.reserved_at, std::nullopt);
  order.reason = "none left";
  EXPECT_TRUE(Await(traces_.RestoreReservation(order, Soon())).ok());
  EXPECT_EQ(Reserve("o1").reason, "none left");
  order = order_;
  order.id = "o2";
  order.cancelled_at = base::FromUnixMillis(6000);
  EXPECT_TRUE(Await(traces_.RestoreReservation(order, Soon())).ok());
  EXPECT_EQ(Reserve("o2").state, Status::kCancelled);
  const Release release = *Await(stock_.Cancel("o2", "case", Soon()));
  EXPECT_EQ(release.outcome, Release::Outcome::kReleased);
  EXPECT_EQ(release.time, order.cancelled_at);
  EXPECT_EQ(Stock(), 10);
}

TEST_F(RedisOrderTracesTest, ReservationThatIsThereIsNotOverwritten) {
  const Reservation first = Reserve("o1");
  EXPECT_TRUE(Await(traces_.RestoreReservation(order_, Soon())).ok());
  EXPECT_EQ(Trace("o1").decided_at, first.time);
}

TEST_F(RedisOrderTracesTest, RestoredNotificationIsNotSentAgain) {
  const auto sent_at = base::FromUnixMillis(7000);
  EXPECT_TRUE(Await(traces_.RestoreNotification("o1", sent_at, Soon())).ok());
  EXPECT_EQ(Await(ledger_.Claim("o1", Soon()))->outcome, NotificationClaim::Outcome::kSent);
  EXPECT_EQ(Trace("o1").sent_at, sent_at);
  EXPECT_EQ(Await(ledger_.Totals(Soon()))->sent, 0) << "it was counted when it was sent";
  (void)Await(ledger_.Claim("o2", Soon()));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(Await(traces_.RestoreNotification("o2", sent_at, Soon())).ok());
  }
  EXPECT_EQ(Await(ledger_.Totals(Soon()))->sent, 1);
  EXPECT_EQ(Await(ledger_.Totals(Soon()))->claimed, 0);
}

TEST_F(RedisOrderTracesTest, ForgottenReservationGivesBackOnceAndLeavesNoTrace) {
  const Reservation reserved = Reserve("o1");
  EXPECT_TRUE(Await(traces_.Forget("o1", "case", reserved.time - milliseconds(1), Soon())).ok());
  EXPECT_EQ(Stock(), 7) << "another reservation was meant";
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(Await(traces_.Forget("o1", "case", reserved.time, Soon())).ok());
  }
  EXPECT_EQ(Stock(), 10);
  EXPECT_FALSE(Trace("o1").decision);
  EXPECT_EQ(Reserve("o1").state, Status::kReserved);
}

TEST_F(RedisOrderTracesTest, ForgottenCancellationGivesNothingBackAgain) {
  (void)Reserve("o1");
  (void)Await(stock_.Cancel("o1", "case", Soon()));
  EXPECT_TRUE(Await(traces_.Forget("o1", "case", Trace("o1").decided_at, Soon())).ok());
  EXPECT_EQ(Stock(), 10);
  EXPECT_FALSE(Trace("o1").decision);
  (void)Await(stock_.Cancel("o2", "case", Soon()));
  EXPECT_TRUE(Await(traces_.Forget("o2", "case", Trace("o2").decided_at, Soon())).ok());
  EXPECT_FALSE(Trace("o2").decision);
}

}  // namespace
}  // namespace trellis::order
