// Guarantees: identical orders are one, and stock is never oversold.
#include <atomic>
#include <thread>

#include "tests/support/order_stack.h"

namespace trellis::testing {
namespace {

// Calls `action(i)` for i in [0, count) on so many connections.
template <typename Action>
void InParallel(int count, int threads, Action action) {
  std::atomic<int> next{0};
  std::vector<std::thread> pool;
  for (int t = 0; t < threads; ++t) {
    pool.emplace_back([&] {
      for (int i = next++; i < count; i = next++) action(i);
    });
  }
  for (std::thread& thread : pool) thread.join();
}

using OrderContentionTest = OrderTest;

TEST_F(OrderContentionTest, ThousandIdenticalOrdersAreOne) {
  Make();
  stack().SetStock("case", 10);
  std::atomic<int> accepted{0}, duplicates{0}, others{0};
  InParallel(1000, 32, [&](int) {
    const int status = stack().Place("same", "case", 3);
    ++(status == 200 ? accepted : status == 409 ? duplicates : others);
  });
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(duplicates, 999);
  EXPECT_EQ(others, 0);
  EXPECT_TRUE(stack().AwaitSettled());
  EXPECT_EQ(stack().Stock("case"), 7);
  ExpectBalanced("case", 10, 1);
}

TEST_F(OrderContentionTest, TenThousandBuyersOfAHundredUnitsGetAHundred) {
  // Fewer than the deliveries after which a message is dead (kDeliveryLimit), since one may be in
  // the hands of the processor at every of its deaths.
  constexpr int kKills = 8;
  Make({.notifier = {{"LEASE", "500ms"}}});
  stack().SetStock("rare", 100);
  std::atomic<int> placed{0};
  std::atomic<bool> done{false};
  std::thread buyers([&] {
    InParallel(10'000, 16, [&](int i) {
      EXPECT_EQ(stack().Place("b" + std::to_string(i), "rare", 1), 200);
      ++placed;
    });
    done = true;
  });
  // Redeliveries: what the processor holds comes again when it dies. It has done something before,
  // however slow the machine is.
  const std::string messages_done =
      R"(trellis_consumer_messages_total{outcome="done",queue="orders.queue"})";
  int kills = 0;
  while (kills < kKills) {
    EXPECT_TRUE(WaitUntil(
        [&] {
          return done ||
                 (placed >= 1000 * (kills + 1) && stack().processor().Metric(messages_done) > 0);
        },
        milliseconds(120'000)));
    if (done) break;
    stack().processor().Kill();
    stack().processor().Start();
    ++kills;
  }
  buyers.join();
  EXPECT_GT(kills, 0);
  EXPECT_TRUE(stack().AwaitSettled(milliseconds(120'000)));
  EXPECT_EQ(stack().Stock("rare"), 0);
  EXPECT_EQ(stack().Count("SELECT count(*) FROM orders WHERE reserved_at IS NOT NULL"), 100);
  EXPECT_EQ(stack().Count("SELECT count(*) FROM orders WHERE status = 'rejected'"), 9900);
  ExpectBalanced("rare", 100, 10'000);
}

}  // namespace
}  // namespace trellis::testing
