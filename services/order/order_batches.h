#ifndef SERVICES_ORDER_ORDER_BATCHES_H_
#define SERVICES_ORDER_ORDER_BATCHES_H_

#include <vector>

#include "services/order/order_store.h"

namespace pqxx {
class transaction_base;
}

// What PostgresOrderStore writes for many orders at a time: one statement each, which takes the
// rows in the order of their ids, so that two of them never wait for each other.
namespace trellis::order {

// An order without an idempotency key.
struct Placement {
  NewOrder order;
  base::milliseconds lease{0};
};
// A result for each. Of several with one id the first may be accepted.
[[nodiscard]] absl::StatusOr<std::vector<PlaceResult>> PlaceAll(
    pqxx::transaction_base& transaction, const std::vector<Placement>& placements);

// What became of an order.
enum class StepKind { kReserved, kRejected, kNotified };
struct Step {
  std::string id;
  base::WallTime at = {};
  std::string reason = {};  // of a rejection
};
// For each whether there is such an order. Of several with one id the first counts.
[[nodiscard]] absl::StatusOr<std::vector<bool>> TakeSteps(pqxx::transaction_base& transaction,
                                                          StepKind kind,
                                                          const std::vector<Step>& steps);

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_BATCHES_H_
