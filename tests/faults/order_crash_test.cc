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
  // Lets the process die at the failpoint, and starts it again, so many times.
  void CrashAt(ServerProcess& process, const std::string& failpoint, int times) {
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
  }
  int crashes_ = 0;
};

TEST_F(OrderCrashTest, NothingIsLostOrDoubledByACrashAtAnyBoundary) {
  Make({.notifier = {{"LEASE", "500ms"}}});
  stack().SetStock(kSku, kStock);
  OrderLoad load(stack(), kSku);
  CrashAt(stack().service(), "order.after-commit", 8);
  CrashAt(stack().service(), "outbox.after-publish", 8);
  CrashAt(stack().processor(), "order.after-reserve", 9);
  CrashAt(stack().processor(), "order.after-event-before-ack", 9);
  CrashAt(stack().notifier(), "order.after-claim", 8);
  CrashAt(stack().notifier(), "order.after-send", 8);
  CrashAt(stack().notifier(), "order.after-notified-before-ack", 8);
  EXPECT_GE(crashes_, 50);
  const int64_t accepted = load.Stop();
  EXPECT_GT(accepted, 100);
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced(kSku, kStock, accepted);
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
