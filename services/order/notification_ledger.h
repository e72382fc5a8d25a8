#ifndef SERVICES_ORDER_NOTIFICATION_LEDGER_H_
#define SERVICES_ORDER_NOTIFICATION_LEDGER_H_

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

struct NotificationClaim {
  enum class Outcome { kClaimed, kSent, kBusy };
  Outcome outcome = Outcome::kClaimed;
  int attempt = 1;
  bool outcome_unknown = false;  // an earlier attempt may have sent it
  base::milliseconds busy_for{0};
};

struct NotificationTotals {
  int64_t sent = 0;
  int64_t claimed = 0;
  int64_t outcome_unknown = 0;
};

// The port that says who sends an order's notification and whether it was sent. Belongs to one
// reactor. Errors: UNAVAILABLE, DEADLINE_EXCEEDED (it may have happened; both may be repeated).
class NotificationLedger {
 public:
  virtual ~NotificationLedger() = default;
  virtual Async<NotificationClaim> Claim(std::string order_id, base::Deadline deadline) = 0;
  virtual boost::asio::awaitable<absl::Status> RecordSent(std::string order_id,
                                                          base::Deadline deadline) = 0;
  virtual Async<NotificationTotals> Totals(base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_NOTIFICATION_LEDGER_H_
