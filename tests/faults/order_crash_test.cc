// Guarantee: an accepted order is processed once, whoever dies wherever.
#include <csignal>

#include "tests/support/order_load.h"
#include "tests/support/order_stack.h"

namespace trellis::testing {
namespace {

constexpr char kSku[] = "case";
constexpr int64_t kStock = 1'000'000;

class OrderCrashTest : public OrderTest {
 protected:
  // Lets the process die at the failpoint, and starts it again, so many times, under load. Leaves
  // nothing in the `queue` that it consumes, nor in its hand: a message that is there at every
  // death of a series is delivered less often than kDeliveryLimit, one that is there at those of
  // all series more often, and then it is dead.
  void CrashAt(ServerProcess& process, const std::string& failpoint, int times,
               const std::string& queue = "") {
    OrderLoad load(stack(), kSku, milliseconds(2), failpoint + "-");
    for (int i = 0; i < times; ++i) {
      process.Terminate();
      process.Set("TRELLIS_FAILPOINT", failpoint + ":" + std::to_string(1 + i % 7));
      process.Start();
      EXPECT_EQ(process.AwaitExit(milliseconds(20'000)), -SIGKILL) << failpoint;
      process.Set("TRELLIS_FAILPOINT", "");
      process.Start();
      ++crashes_;
    }
    process.AwaitReady();
    accepted_ += load.Stop();
    EXPECT_TRUE(stack().AwaitSettled()) << failpoint;
    if (queue.empty()) return;
    EXPECT_TRUE(Drain(process, queue)) << failpoint;
  }
  // What is in hand and not acked is in the queue again once the process has ended.
  bool Drain(ServerProcess& process, const std::string& queue) {
    return WaitUntil(
        [&] {
          EXPECT_EQ(process.Terminate(), 0);
          const bool empty = stack().rabbitmq().Ready(queue) == 0;
          process.StartAndAwaitReady();
          return empty;
        },
        milliseconds(60'000));
  }
  int crashes_ = 0;
  int64_t accepted_ = 0;
};

TEST_F(OrderCrashTest, NothingIsLostOrDoubledByACrashAtAnyBoundary) {
  Make({.notifier = {{"LEASE", "500ms"}}});
  stack().SetStock(kSku, kStock);
  CrashAt(stack().service(), "order.after-commit", 8);
  CrashAt(stack().service(), "outbox.after-publish", 8);
  CrashAt(stack().processor(), "order.after-reserve", 9, "orders.queue");
  CrashAt(stack().processor(), "order.after-event-before-ack", 9, "orders.queue");
  CrashAt(stack().notifier(), "order.after-claim", 8, "notifier.queue");
  CrashAt(stack().notifier(), "order.after-send", 8, "notifier.queue");
  CrashAt(stack().notifier(), "order.after-notified-before-ack", 8, "notifier.queue");
  EXPECT_GE(crashes_, 50);
  EXPECT_GT(accepted_, 100);
  ExpectBalanced(kSku, kStock, accepted_);
}

// Without the reservation that is kept under the order's id, a redelivery takes stock again: the
// account above notices.
TEST_F(OrderCrashTest, ForgottenReservationsAreNoticedByTheAccount) {
  Make();
  stack().SetStock(kSku, kStock);
  ASSERT_EQ(stack().Place("o1", kSku, 1), 200);
  ASSERT_TRUE(stack().AwaitSettled());
  (void)stack().redis().Run({"DEL", "reservation:o1"});
  stack().processor().Terminate();
  stack().processor().Set("TRELLIS_FAILPOINT", "order.after-reserve");
  stack().processor().Start();
  ASSERT_EQ(stack().Place("o2", kSku, 1), 200);
  EXPECT_EQ(stack().processor().AwaitExit(milliseconds(20'000)), -SIGKILL);
  (void)stack().redis().Run({"DEL", "reservation:o2"});
  stack().processor().Set("TRELLIS_FAILPOINT", "");
  stack().processor().StartAndAwaitReady();
  ASSERT_TRUE(stack().AwaitSettled());
  const int64_t sold = stack().Count("SELECT -sum(delta) FROM ledger");
  EXPECT_NE(sold + stack().Stock(kSku), kStock) << "the account would not notice a double sale";
}

}  // namespace
}  // namespace trellis::testing
