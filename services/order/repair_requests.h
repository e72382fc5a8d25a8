#ifndef SERVICES_ORDER_REPAIR_REQUESTS_H_
#define SERVICES_ORDER_REPAIR_REQUESTS_H_

#include <vector>

#include "services/order/dead_messages.h"
#include "services/order/reconciler.h"
#include "trellis/order/v1/order.pb.h"

// As requests.h, for the calls that look for faults and mend them.
namespace trellis::order {

struct DeadArguments {
  std::vector<DeadQueue> queues = {};
  int limit = 0;  // for each
};
[[nodiscard]] absl::StatusOr<DeadArguments> DeadArgumentsFrom(v1::DeadQueue queue, int32_t limit);
[[nodiscard]] absl::StatusOr<ReconcileOptions> ReconcileOptionsFrom(
    const v1::ReconcileOrdersRequest& request);

void ToMessage(DeadQueue queue, const DeadMessage& dead, v1::DeadMessage* message);
void ToMessage(const Reconciliation& result, v1::ReconcileOrdersResponse* message);

}  // namespace trellis::order

#endif  // SERVICES_ORDER_REPAIR_REQUESTS_H_
