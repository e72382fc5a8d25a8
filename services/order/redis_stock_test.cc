#include "services/order/redis_stock.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "mesh/redis/connection.h"
#include "mesh/redis/testing/private_redis.h"
#include "services/order/redis_notification_ledger.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class RedisOrderTest : public ::testing::Test {
 protected:
  RedisOrderTest() : connection_(context_.get_executor(), {.address = redis_.address()}) {
    const auto connected = [this] {
      context_.restart();
      context_.run_for(milliseconds(5));
      return connection_.connected();
    };
    EXPECT_TRUE(base::testing::WaitUntil(connected));
  }
  [[nodiscard]] static base::Deadline Soon() { return base::Deadline::After(milliseconds(5000)); }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  std::string Ask(const std::vector<std::string>& command) {
    return std::string(redis_.Run(command).Text());
  }
  Reservation Reserve(const std::string& order, const std::string& sku, int32_t qty) {
    const auto reservation = Await(stock_.Reserve(order, sku, qty, Soon()));
    EXPECT_TRUE(reservation.ok()) << reservation.status();
    return reservation.value_or(Reservation());
  }
  Release Cancel(const std::string& order, const std::string& sku) {
    const auto release = Await(stock_.Cancel(order, sku, Soon()));
    EXPECT_TRUE(release.ok()) << release.status();
    return release.value_or(Release());
  }
  NotificationClaim Claim(RedisNotificationLedger& ledger, const std::string& order) {
    const auto claim = Await(ledger.Claim(order, Soon()));
    EXPECT_TRUE(claim.ok()) << claim.status();
    return claim.value_or(NotificationClaim());
  }

  redis::testing::PrivateRedis redis_;
  boost::asio::io_context context_{1};
  redis::Connection connection_;
  RedisStock stock_{connection_};
};

using RedisStockTest = RedisOrderTest;
using RedisNotificationLedgerTest = RedisOrderTest;

TEST_F(RedisStockTest, ReservingTakesFromThePlainInteger) {
  (void)redis_.Run({"SET", "inventory:case", "10"});
  EXPECT_EQ(Reserve("o1", "case", 3).state, Status::kReserved);
  EXPECT_EQ(Ask({"GET", "inventory:case"}), "7");
}

TEST_F(RedisStockTest, RedeliveryGetsTheFirstAnswer) {
  (void)redis_.Run({"SET", "inventory:case", "10"});
  const Reservation first = Reserve("o1", "case", 3);
  const Reservation second = Reserve("o1", "case", 3);
  EXPECT_EQ(second.state, Status::kReserved);
  EXPECT_EQ(second.time, first.time);
  EXPECT_EQ(Ask({"GET", "inventory:case"}), "7");
}

TEST_F(RedisStockTest, TooLittleStockRejectsForGoodWithTheReason) {
  (void)redis_.Run({"SET", "inventory:case", "2"});
  EXPECT_EQ(Reserve("o1", "case", 3).reason, "only 2 in stock");
  (void)redis_.Run({"INCRBY", "inventory:case", "100"});
  EXPECT_EQ(Reserve("o1", "case", 3).state, Status::kRejected);
  EXPECT_EQ(Ask({"GET", "inventory:case"}), "102");
}

TEST_F(RedisStockTest, UnknownAndUnreadableStockRejects) {
  EXPECT_EQ(Reserve("o1", "nothing", 1).reason, "unknown sku");
  for (const char* text : {"abc", "1e3", "1.5", "", "007", "-0", "99999999999999999999"}) {
    (void)redis_.Run({"SET", "inventory:odd", text});
    const Reservation reservation = Reserve(std::string("o-") + text, "odd", 1);
    EXPECT_EQ(reservation.state, Status::kRejected) << text;
    EXPECT_EQ(Ask({"GET", "inventory:odd"}), text);
  }
}

TEST_F(RedisStockTest, StockThatSomebodyMadeNegativeIsNotSold) {
  (void)redis_.Run({"SET", "inventory:case", "-5"});
  EXPECT_EQ(Reserve("o1", "case", 1).reason, "only 0 in stock");
}

TEST_F(RedisStockTest, CancelGivesBackOnce) {
  (void)redis_.Run({"SET", "inventory:case", "10"});
  (void)Reserve("o1", "case", 3);
  EXPECT_EQ(Cancel("o1", "case").outcome, Release::Outcome::kReleased);
  EXPECT_EQ(Cancel("o1", "case").outcome, Release::Outcome::kReleased);
  EXPECT_EQ(Ask({"GET", "inventory:case"}), "10");
}

TEST_F(RedisStockTest, OrderCancelledBeforeItsReservationTakesNothing) {
  (void)redis_.Run({"SET", "inventory:case", "10"});
  EXPECT_EQ(Cancel("o1", "case").outcome, Release::Outcome::kUnreserved);
  EXPECT_EQ(Reserve("o1", "case", 3).state, Status::kCancelled);
  EXPECT_EQ(Cancel("o1", "case").outcome, Release::Outcome::kUnreserved);
  EXPECT_EQ(Ask({"GET", "inventory:case"}), "10");
}

TEST_F(RedisStockTest, RejectedOrderCannotBeCancelled) {
  (void)Reserve("o1", "nothing", 1);
  EXPECT_EQ(Cancel("o1", "nothing").outcome, Release::Outcome::kRejected);
}

TEST_F(RedisStockTest, InventoryIsSetReadAndListed) {
  EXPECT_TRUE(Await(stock_.Set("a", 5, Soon())).ok());
  (void)redis_.Run({"SET", "inventory:b", "7"});
  (void)redis_.Run({"SET", "inventory:c", "text"});
  EXPECT_EQ(*Await(stock_.Get("a", Soon())), 5);
  EXPECT_TRUE(absl::IsNotFound(Await(stock_.Get("none", Soon())).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Await(stock_.Get("c", Soon())).status()));
  EXPECT_THAT(*Await(stock_.List(Soon())), UnorderedElementsAre(Pair("a", 5), Pair("b", 7)));
}

// What a batch is made of: all are asked for in one turn of the reactor.
template <typename T>
std::vector<absl::StatusOr<T>> Together(boost::asio::io_context& context,
                                        std::vector<Async<T>> calls) {
  std::vector<absl::StatusOr<T>> answers(calls.size(), absl::UnknownError("no answer"));
  size_t left = calls.size();
  for (size_t i = 0; i < answers.size(); ++i) {
    boost::asio::co_spawn(context, std::move(calls[i]),
                          [&, i](const std::exception_ptr&, absl::StatusOr<T> answer) {
                            answers[i] = std::move(answer);
                            --left;
                          });
  }
  EXPECT_TRUE(base::testing::WaitUntil([&] {
    context.restart();
    context.run_for(milliseconds(1));
    return left == 0;
  }));
  return answers;
}

TEST_F(RedisStockTest, OrdersOfABatchAreReservedInTheirOrderWhileThereIsStock) {
  Ask({"SET", "inventory:case", "3"});
  std::vector<Async<Reservation>> calls;
  for (const char* order : {"o1", "o2", "o3"}) {
    calls.push_back(stock_.Reserve(order, "case", 2, Soon()));
  }
  const auto answers = Together(context_, std::move(calls));
  EXPECT_EQ(answers[0]->state, Status::kReserved);
  EXPECT_EQ(answers[1]->state, Status::kRejected);
  EXPECT_EQ(answers[1]->reason, "only 1 in stock");
  EXPECT_EQ(answers[2]->state, Status::kRejected);
  EXPECT_EQ(Ask({"GET", "inventory:case"}), "1");
}

TEST_F(RedisStockTest, StockThatIsNoStringFailsItsOrderAndNotItsNeighbours) {
  Ask({"SET", "inventory:case", "10"});
  Ask({"HSET", "inventory:bad", "no", "stock"});
  std::vector<Async<Reservation>> calls;
  calls.push_back(stock_.Reserve("o1", "case", 2, Soon()));
  calls.push_back(stock_.Reserve("o2", "bad", 2, Soon()));
  calls.push_back(stock_.Reserve("o3", "case", 2, Soon()));
  const auto answers = Together(context_, std::move(calls));
  EXPECT_TRUE(answers[0].ok()) << answers[0].status();
  EXPECT_TRUE(absl::IsInternal(answers[1].status())) << answers[1].status();
  EXPECT_THAT(base::MessageOf(answers[1].status()), ::testing::HasSubstr("WRONGTYPE"));
  EXPECT_TRUE(answers[2].ok()) << answers[2].status();
  EXPECT_EQ(Ask({"GET", "inventory:case"}), "6");
}

TEST_F(RedisNotificationLedgerTest, KeyOfAnotherTypeFailsItsOrderAndNotItsNeighbours) {
  RedisNotificationLedger ledger(connection_, milliseconds(60'000));
  Ask({"SET", "notification:o2", "text"});
  std::vector<Async<NotificationClaim>> calls;
  for (const char* order : {"o1", "o2", "o3"}) calls.push_back(ledger.Claim(order, Soon()));
  const auto claims = Together(context_, std::move(calls));
  EXPECT_TRUE(claims[0].ok() && claims[2].ok());
  EXPECT_TRUE(absl::IsInternal(claims[1].status())) << claims[1].status();
  EXPECT_TRUE(Await(ledger.RecordSent("o1", Soon())).ok());
  EXPECT_TRUE(absl::IsInternal(Await(ledger.RecordSent("o2", Soon()))));
  const auto totals = Await(ledger.Totals(Soon()));
  EXPECT_EQ(totals->sent, 1);
  EXPECT_EQ(totals->claimed, 1);
}

TEST_F(RedisNotificationLedgerTest, ClaimKeepsOthersOffUntilItIsSent) {
  RedisNotificationLedger ledger(connection_, milliseconds(60'000));
  EXPECT_EQ(Claim(ledger, "o1").outcome, NotificationClaim::Outcome::kClaimed);
  const NotificationClaim other = Claim(ledger, "o1");
  EXPECT_EQ(other.outcome, NotificationClaim::Outcome::kBusy);
  EXPECT_GT(other.busy_for.count(), 50'000);
  EXPECT_TRUE(Await(ledger.RecordSent("o1", Soon())).ok());
  EXPECT_EQ(Claim(ledger, "o1").outcome, NotificationClaim::Outcome::kSent);
}

TEST_F(RedisNotificationLedgerTest, ExpiredClaimIsTakenOverAsOfUnknownOutcome) {
  RedisNotificationLedger ledger(connection_, milliseconds(-1));
  EXPECT_FALSE(Claim(ledger, "o1").outcome_unknown);
  const NotificationClaim second = Claim(ledger, "o1");
  EXPECT_EQ(second.outcome, NotificationClaim::Outcome::kClaimed);
  EXPECT_TRUE(second.outcome_unknown);
  EXPECT_EQ(second.attempt, 2);
}

TEST_F(RedisNotificationLedgerTest, TotalsCountEachOrderOnce) {
  RedisNotificationLedger ledger(connection_, milliseconds(-1));
  (void)Claim(ledger, "o1");
  (void)Claim(ledger, "o1");
  (void)Claim(ledger, "o2");
  EXPECT_TRUE(Await(ledger.RecordSent("o1", Soon())).ok());
  EXPECT_TRUE(Await(ledger.RecordSent("o1", Soon())).ok());
  const auto totals = Await(ledger.Totals(Soon()));
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->sent, 1);
  EXPECT_EQ(totals->claimed, 1);
  EXPECT_EQ(totals->outcome_unknown, 1);
}

}  // namespace
}  // namespace trellis::order
