#ifndef SERVICES_ORDER_REDIS_STOCK_H_
#define SERVICES_ORDER_REDIS_STOCK_H_

#include "mesh/base/batcher.h"
#include "mesh/redis/client.h"
#include "services/order/stock.h"

namespace trellis::order {

// Stock on one Redis: inventory:<sku>, a plain integer that others may change, and
// reservation:<order>, a hash that outlives the order's last message (kRememberOrders). Each call
// is one script or command, that of Reserve for all who ask at a time; errors also as of
// base::Batcher. Holds a reference; belongs to the client's reactor.
class RedisStock final : public Stock {
 public:
  explicit RedisStock(redis::Client& client);

  Async<Reservation> Reserve(std::string order_id, std::string sku, int32_t qty,
                             base::Deadline deadline) override;
  Async<Release> Cancel(std::string order_id, std::string sku, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Set(std::string sku, int64_t quantity,
                                           base::Deadline deadline) override;
  Async<int64_t> Get(std::string sku, base::Deadline deadline) override;
  Async<std::map<std::string, int64_t>> List(base::Deadline deadline) override;

 private:
  struct Wanted {
    std::string order_id;
    std::string sku;
    int32_t qty;
  };
  struct Decision {  // of one order
    absl::StatusOr<Reservation> reservation;
  };

  Async<std::vector<Decision>> ReserveAll(const std::vector<Wanted>& orders,
                                          base::Deadline deadline);

  redis::Client& client_;
  base::Batcher<Wanted, Decision> reserving_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_REDIS_STOCK_H_
