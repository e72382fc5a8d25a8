#ifndef SERVICES_ORDER_ORDER_SERVICE_H_
#define SERVICES_ORDER_ORDER_SERVICE_H_

#include <memory>
#include <vector>

#include "mesh/rpc/runtime.h"
#include "services/order/cancelling.h"
#include "services/order/dead_messages.h"
#include "services/order/notification_ledger.h"
#include "services/order/order_store.h"
#include "services/order/outbox_relay.h"
#include "services/order/reconciler.h"
#include "services/order/seen_orders.h"
#include "services/order/stock.h"

namespace grpc {
class Service;
}

namespace trellis::order {

// What the service works with; references outlive it. Those that belong to a reactor have one entry
// for each of the runtime's.
struct OrderPorts {
  OrderStore& store;
  DeadMessages& dead_messages;
  std::vector<SeenOrders*> seen = {};
  std::vector<Stock*> stocks = {};
  std::vector<NotificationLedger*> ledgers = {};
  std::vector<OutboxRelay*> relays = {};
  std::vector<Cancelling*> cancellings = {};
  std::vector<Reconciler*> reconcilers = {};
  base::milliseconds outbox_lease{0};  // the relays'
};

// The RPC surface of proto/trellis/order/v1/order.proto.
[[nodiscard]] std::unique_ptr<grpc::Service> MakeOrderService(rpc::Runtime& runtime,
                                                              OrderPorts ports);

// Its full name, for health and routing.
inline constexpr char kOrderServiceName[] = "trellis.order.v1.OrderService";

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_SERVICE_H_
