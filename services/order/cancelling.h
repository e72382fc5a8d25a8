#ifndef SERVICES_ORDER_CANCELLING_H_
#define SERVICES_ORDER_CANCELLING_H_

#include "services/order/cancel_intents.h"
#include "services/order/order_store.h"
#include "services/order/order_traces.h"
#include "services/order/stock.h"

namespace trellis::order {

// Cancels orders in three steps, each of which may be repeated: the intent is written down; Redis,
// where an order is reserved, decides and gives its stock back; Postgres is told. Who dies in
// between leaves an intent that another completes. Belongs to the stock's reactor; references must
// outlive it.
class Cancelling {
 public:
  Cancelling(CancelIntents& intents, OrderTraces& traces, Stock& stock, OrderStore& store)
      : intents_(intents), traces_(traces), stock_(stock), store_(store) {}

  // All three. NOT_FOUND; FAILED_PRECONDITION: the order was rejected. After any other error the
  // order may be cancelled later.
  [[nodiscard]] Async<Order> Cancel(std::string id, base::Deadline deadline);
  // The last two, for an intent that was left.
  [[nodiscard]] Async<Order> Complete(Order order, base::Deadline deadline);

 private:
  CancelIntents& intents_;
  OrderTraces& traces_;
  Stock& stock_;
  OrderStore& store_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_CANCELLING_H_
