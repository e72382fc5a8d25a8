#ifndef SERVICES_ORDER_TOPOLOGY_H_
#define SERVICES_ORDER_TOPOLOGY_H_

#include "mesh/amqp/topology.h"

// The names on RabbitMQ:
//
//   orders.direct --order--> orders.queue ----rejected, or delivered too often----> orders.dead
//   orders.topic  --order.created, order.rejected--> notifier.queue --likewise--> notifier.dead
//
// A message that failed for a reason that may pass waits in <queue>.retry for a second and then
// goes back to the end of its queue, with one more in its header x-attempt.
namespace trellis::order {

inline constexpr char kOrdersExchange[] = "orders.direct";
inline constexpr char kEventsExchange[] = "orders.topic";
inline constexpr char kDeadExchange[] = "orders.dlx";
inline constexpr char kRetryExchange[] = "orders.retry";
inline constexpr char kOrderKey[] = "order";
inline constexpr char kCreatedKey[] = "order.created";
inline constexpr char kRejectedKey[] = "order.rejected";
inline constexpr char kOrdersQueue[] = "orders.queue";
inline constexpr char kNotifierQueue[] = "notifier.queue";
inline constexpr char kOrdersDeadQueue[] = "orders.dead";
inline constexpr char kNotifierDeadQueue[] = "notifier.dead";
// Passes of a message through the retry queue.
inline constexpr char kAttemptHeader[] = "x-attempt";

// Deliveries of one message to consumers that vanish with it. So many that a consumer that crashes
// for a reason of its own does not bury healthy orders, which count along while they are in hand.
inline constexpr int kDeliveryLimit = 20;
// Passes of one message through the retry queue.
inline constexpr int kMaxAttempts = 5;

[[nodiscard]] amqp::Topology OrderTopology();

}  // namespace trellis::order

#endif  // SERVICES_ORDER_TOPOLOGY_H_
