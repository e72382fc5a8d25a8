#ifndef SERVICES_ORDER_REDIS_ORDER_TRACES_H_
#define SERVICES_ORDER_REDIS_ORDER_TRACES_H_

#include "mesh/redis/client.h"
#include "services/order/order_traces.h"

namespace trellis::order {

// OrderTraces on the keys of RedisStock and RedisNotificationLedger. Reads a hundred orders with
// one command, so that none keeps Redis busy for long. Holds a reference; belongs to the client's
// reactor.
class RedisOrderTraces final : public OrderTraces {
 public:
  explicit RedisOrderTraces(redis::Client& client) : client_(client) {}

  Async<std::vector<OrderTrace>> Read(std::vector<std::string> ids,
                                      base::Deadline deadline) override;
  Async<ReservationPage> Reservations(std::string after, int count,
                                      base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> RestoreReservation(Order order,
                                                          base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> RestoreNotification(std::string id, base::WallTime sent_at,
                                                           base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Forget(std::string id, std::string sku,
                                              base::WallTime decided_at,
                                              base::Deadline deadline) override;

 private:
  redis::Client& client_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_REDIS_ORDER_TRACES_H_
