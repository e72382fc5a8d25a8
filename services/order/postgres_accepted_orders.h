#ifndef SERVICES_ORDER_POSTGRES_ACCEPTED_ORDERS_H_
#define SERVICES_ORDER_POSTGRES_ACCEPTED_ORDERS_H_

#include <optional>
#include <string>

#include "mesh/base/batcher.h"
#include "mesh/postgres/pool.h"
#include "services/order/accepted_orders.h"

namespace trellis::order {

// AcceptedOrders on the schema of migrations/, with one query for all who ask at a time. Nothing is
// cached: an order's query begins after it was asked for. Holds a reference; errors also as of
// base::Batcher.
class PostgresAcceptedOrders final : public AcceptedOrders {
 public:
  explicit PostgresAcceptedOrders(postgres::Pool& pool);

  Async<AcceptedOrder> Find(std::string id, base::Deadline deadline) override;

 private:
  base::Batcher<std::string, std::optional<AcceptedOrder>> batches_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_POSTGRES_ACCEPTED_ORDERS_H_
