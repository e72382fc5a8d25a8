#ifndef SERVICES_ORDER_TESTING_FAKE_STOCK_H_
#define SERVICES_ORDER_TESTING_FAKE_STOCK_H_

#include <map>
#include <string>

#include "services/order/stock.h"
#include "services/order/testing/calls.h"

namespace trellis::order::testing {

// A Stock in memory, which remembers what it decided first. Single-threaded.
class FakeStock final : public Stock {
 public:
  explicit FakeStock(Calls& calls) : calls_(calls) {}

  Async<Reservation> Reserve(std::string order_id, std::string sku, int32_t qty,
                             base::Deadline deadline) override;
  Async<Release> Cancel(std::string order_id, std::string sku, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Set(std::string sku, int64_t quantity,
                                           base::Deadline deadline) override;
  Async<int64_t> Get(std::string sku, base::Deadline deadline) override;
  Async<std::map<std::string, int64_t>> List(base::Deadline deadline) override;

  std::map<std::string, int64_t> quantities;
  base::WallTime time = base::FromUnixMillis(1'000);  // of every decision

 private:
  struct Decided {
    Reservation reservation;
    int32_t qty = 0;
  };

  Calls& calls_;
  std::map<std::string, Decided> decided_;
};

}  // namespace trellis::order::testing

#endif  // SERVICES_ORDER_TESTING_FAKE_STOCK_H_
