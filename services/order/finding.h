#ifndef SERVICES_ORDER_FINDING_H_
#define SERVICES_ORDER_FINDING_H_

#include <string>
#include <vector>

#include "services/order/order_audit.h"
#include "services/order/order_traces.h"

namespace trellis::order {

// What the stores may disagree about; order.proto says what each means and how it is repaired.
enum class FindingKind {
  kMessageLost,
  kDecisionNotStored,
  kReservationMissing,
  kNotNotified,
  kNotificationNotStored,
  kNotificationMissing,
  kCancelUnfinished,
  kStockNotReleased,
  kLedgerRowMissing,
  kLedgerRowSurplus,
  kDecisionsDiffer,
  kReservationWithoutOrder,
};
inline constexpr FindingKind kAllFindingKinds[] = {
    FindingKind::kMessageLost,           FindingKind::kDecisionNotStored,
    FindingKind::kReservationMissing,    FindingKind::kNotNotified,
    FindingKind::kNotificationNotStored, FindingKind::kNotificationMissing,
    FindingKind::kCancelUnfinished,      FindingKind::kStockNotReleased,
    FindingKind::kLedgerRowMissing,      FindingKind::kLedgerRowSurplus,
    FindingKind::kDecisionsDiffer,       FindingKind::kReservationWithoutOrder};
// "message_lost" and the like: a label of metrics.
[[nodiscard]] const char* FindingName(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kMessageLost;
  std::string order_id = {};
  std::string sku = {};
  int32_t qty = 0;
  std::string detail = {};
  bool repaired = false;
  std::string repair_error = {};
};

// Whether Redis still knows everything about an order of this age; a day less than it promises.
[[nodiscard]] bool IsRemembered(const Order& order, base::WallTime now);

// Whether anything happened to the order within the grace before `now`.
[[nodiscard]] bool IsUnderWay(const AuditedOrder& audited, const OrderTrace& trace,
                              base::WallTime now, base::milliseconds grace);
// What is wrong with an order that is not under way, in the order in which it is to be repaired.
// `trace` must have been read after `audited`. Pure.
[[nodiscard]] std::vector<Finding> FindingsOf(const AuditedOrder& audited, const OrderTrace& trace,
                                              base::WallTime now);

}  // namespace trellis::order

#endif  // SERVICES_ORDER_FINDING_H_
