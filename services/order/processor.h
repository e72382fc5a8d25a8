#ifndef SERVICES_ORDER_PROCESSOR_H_
#define SERVICES_ORDER_PROCESSOR_H_

#include "mesh/amqp/client.h"
#include "mesh/telemetry/metrics.h"
#include "services/order/accepted_orders.h"
#include "services/order/order_store.h"
#include "services/order/stock.h"

namespace trellis::order {

// Reserves the articles of an order or rejects it, writes that down, and publishes the event. A
// message that is not of an accepted order is refused before it touches anything. Every
// step may be repeated, so that a message that comes again after a crash goes on where the last
// attempt ended. Belongs to one reactor; references must outlive it.
class Processor {
 public:
  Processor(AcceptedOrders& accepted, Stock& stock, OrderStore& store, amqp::Publisher& publisher,
            telemetry::Metrics& metrics);

  // A ConsumerLoop::Handler for orders.queue.
  [[nodiscard]] boost::asio::awaitable<absl::Status> Handle(const amqp::Message& message);

 private:
  AcceptedOrders& accepted_;
  Stock& stock_;
  OrderStore& store_;
  amqp::Publisher& publisher_;
  telemetry::Counter& reserved_;
  telemetry::Counter& rejected_;
  telemetry::Counter& cancelled_;
  telemetry::Counter& unknown_order_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_PROCESSOR_H_
