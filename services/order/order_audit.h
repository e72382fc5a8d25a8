#ifndef SERVICES_ORDER_ORDER_AUDIT_H_
#define SERVICES_ORDER_ORDER_AUDIT_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

// What Postgres has of an order, beyond the order itself.
struct AuditedOrder {
  Order order = {};
  bool in_outbox = false;
  // Rows of the ledger, with their change of stock.
  std::optional<int64_t> reserve_row = {};
  std::optional<int64_t> release_row = {};
  std::optional<base::WallTime> cancel_requested_at = {};
};

struct AuditPage {
  std::vector<AuditedOrder> orders = {};
  base::WallTime now = {};  // Postgres'
  std::string next = {};    // empty: that was all
};

// The port to Postgres for whoever compares it with the other stores, and for repairs that have no
// place in OrderStore. Thread-safe. Errors as of OrderStore.
class OrderAudit {
 public:
  virtual ~OrderAudit() = default;

  // Up to `limit` orders after those of the page that gave `after`, the oldest first, in one
  // snapshot. Without those that were accepted or repaired within the grace.
  // INVALID_ARGUMENT names page_token when `after` is not one of ours.
  virtual Async<AuditPage> Page(std::string after, base::milliseconds grace, int limit,
                                base::Deadline deadline) = 0;
  // Which of these orders there are.
  virtual Async<std::set<std::string>> Known(std::vector<std::string> ids,
                                             base::Deadline deadline) = 0;

  // Repairs; each may be repeated.

  // The order's message, unless it waits there. The order counts as repaired now.
  virtual boost::asio::awaitable<absl::Status> PutInOutbox(Order order,
                                                           base::Deadline deadline) = 0;
  // The rows of the ledger that the order's times say there are.
  virtual boost::asio::awaitable<absl::Status> CompleteLedger(std::string id,
                                                              base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_AUDIT_H_
