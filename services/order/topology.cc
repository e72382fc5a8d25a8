#include "services/order/topology.h"

namespace trellis::order {
namespace {

constexpr int64_t kRetryDelayMs = 1000;

// A queue with what belongs to it: where its dead go, and where its failed wait.
void AddQueue(const std::string& queue, const std::string& short_name, amqp::Topology* topology) {
  const std::string dead = short_name + ".dead", retry = short_name + ".retry";
  topology->queues.push_back({queue,
                              {{"x-queue-type", "quorum"},
                               {"x-delivery-limit", int64_t{kDeliveryLimit}},
                               {"x-dead-letter-exchange", kDeadExchange},
                               {"x-dead-letter-routing-key", dead},
                               {"x-dead-letter-strategy", "at-least-once"},
                               {"x-overflow", "reject-publish"}}});
  topology->queues.push_back({dead, {{"x-queue-type", "quorum"}}});
  // Back through the default exchange, whose routing keys are queue names.
  topology->queues.push_back({retry,
                              {{"x-queue-type", "quorum"},
                               {"x-message-ttl", kRetryDelayMs},
                               {"x-dead-letter-exchange", ""},
                               {"x-dead-letter-routing-key", queue},
                               {"x-dead-letter-strategy", "at-least-once"},
                               {"x-overflow", "reject-publish"}}});
  topology->bindings.push_back({kDeadExchange, dead, dead});
  topology->bindings.push_back({kRetryExchange, retry, queue});
}

}  // namespace

amqp::Topology OrderTopology() {
  amqp::Topology topology;
  topology.exchanges = {{kOrdersExchange, "direct"},
                        {kEventsExchange, "topic"},
                        {kDeadExchange, "direct"},
                        {kRetryExchange, "direct"}};
  AddQueue(kOrdersQueue, "orders", &topology);
  AddQueue(kNotifierQueue, "notifier", &topology);
  topology.bindings.push_back({kOrdersExchange, kOrdersQueue, kOrderKey});
  topology.bindings.push_back({kEventsExchange, kNotifierQueue, kCreatedKey});
  topology.bindings.push_back({kEventsExchange, kNotifierQueue, kRejectedKey});
  return topology;
}

}  // namespace trellis::order
