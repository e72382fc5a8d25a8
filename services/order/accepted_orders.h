#ifndef SERVICES_ORDER_ACCEPTED_ORDERS_H_
#define SERVICES_ORDER_ACCEPTED_ORDERS_H_

#include <string>

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

// What was ordered.
struct AcceptedOrder {
  std::string sku;
  int32_t qty = 0;
};

// The port to the question whether an order was accepted, and for what: asked for each message that
// comes from the queue. Thread-safe. NOT_FOUND; errors as of OrderStore.
class AcceptedOrders {
 public:
  virtual ~AcceptedOrders() = default;
  virtual Async<AcceptedOrder> Find(std::string id, base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ACCEPTED_ORDERS_H_
