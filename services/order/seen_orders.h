#ifndef SERVICES_ORDER_SEEN_ORDERS_H_
#define SERVICES_ORDER_SEEN_ORDERS_H_

#include "mesh/base/batcher.h"
#include "mesh/redis/client.h"
#include "services/order/order.h"

namespace trellis::order {

// Which orders were accepted lately: idemp:<id> on Redis, with a TTL. Only a fast path before
// Postgres: what it has not seen may be there. One command for all who ask at a time. Holds a
// reference; belongs to the client's reactor.
class SeenOrders {
 public:
  explicit SeenOrders(redis::Client& client);
  // False also when Redis does not answer.
  [[nodiscard]] boost::asio::awaitable<bool> Seen(std::string order_id, base::Deadline deadline);
  // Of an order that is committed. Failing does no harm.
  [[nodiscard]] boost::asio::awaitable<void> Remember(std::string order_id,
                                                      base::Deadline deadline);

 private:
  base::Batcher<std::string, bool> seeing_;
  base::Batcher<std::string, bool> remembering_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_SEEN_ORDERS_H_
