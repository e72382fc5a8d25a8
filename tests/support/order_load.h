#ifndef TESTS_SUPPORT_ORDER_LOAD_H_
#define TESTS_SUPPORT_ORDER_LOAD_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/order_stack.h"

namespace trellis::testing {

// Four clients on threads of their own that place orders for one of a sku each, until told to stop,
// and count what they were told. Loads of one stack have names of their own, with which the ids
// begin. The stack must outlive it.
class OrderLoad {
 public:
  OrderLoad(OrderStack& stack, std::string sku, milliseconds pause = milliseconds(2),
            std::string name = "c");
  ~OrderLoad() { Stop(); }
  OrderLoad(const OrderLoad&) = delete;
  OrderLoad& operator=(const OrderLoad&) = delete;

  // Waits for the answers that are under way. How many were accepted.
  int64_t Stop();
  [[nodiscard]] int64_t accepted() const { return accepted_; }
  // Those with another answer, or none.
  [[nodiscard]] int64_t refused() const { return refused_; }
  // Of all answers so far.
  [[nodiscard]] milliseconds slowest() const { return milliseconds(slowest_ms_.load()); }

 private:
  void Run(int port, int client);

  const std::string sku_;
  const std::string name_;
  const milliseconds pause_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> accepted_{0};
  std::atomic<int64_t> refused_{0};
  std::atomic<int64_t> slowest_ms_{0};
  std::vector<std::thread> threads_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_ORDER_LOAD_H_
