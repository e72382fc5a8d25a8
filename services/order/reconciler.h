#ifndef SERVICES_ORDER_RECONCILER_H_
#define SERVICES_ORDER_RECONCILER_H_

#include <map>
#include <string>
#include <vector>

#include "mesh/telemetry/metrics.h"
#include "services/order/cancelling.h"
#include "services/order/finding.h"

namespace trellis::order {

struct ReconcileOptions {
  bool repair = false;
  base::milliseconds grace{60'000};
  int page_size = 200;
};

struct SkuAccount {
  int64_t ledger = 0;    // units sold by the ledger
  int64_t reserved = 0;  // units reserved by Redis
};

struct Reconciliation {
  std::vector<Finding> findings = {};
  int64_t examined = 0;
  std::map<std::string, SkuAccount> skus = {};
  std::string next_page_token = {};  // empty: that was all
};

// What the reconciler works with; references outlive it.
struct ReconcilerPorts {
  OrderAudit& audit;
  OrderTraces& traces;
  OrderStore& store;
  Stock& stock;
  Cancelling& cancelling;
  const base::Clock& clock;
};

// Compares the stores that know of orders, a page at a time, and repairs what it can. The stores
// are not read at one moment: what happened to an order within the grace is left out, and every
// repair gives way to what it finds there. Belongs to the ports' reactor.
class Reconciler {
 public:
  Reconciler(ReconcilerPorts ports, telemetry::Metrics& metrics);

  // The first page with an empty token; INVALID_ARGUMENT names page_token when it is none of ours.
  // A repair that fails is reported with its finding and stops nothing.
  [[nodiscard]] Async<Reconciliation> Page(std::string page_token, ReconcileOptions options,
                                           base::Deadline deadline);

 private:
  struct Counters {
    telemetry::Counter* found;
    telemetry::Counter* repaired;
  };

  Async<Reconciliation> OrdersPage(std::string after, ReconcileOptions options,
                                   base::Deadline deadline);
  Async<Reconciliation> ReservationsPage(std::string after, ReconcileOptions options,
                                         base::Deadline deadline);
  // Repairs if told to, and counts.
  boost::asio::awaitable<void> Finish(Finding& finding, const AuditedOrder& audited,
                                      const OrderTrace& trace, bool repair,
                                      base::Deadline deadline);

  // The repairs. Orders and traces are borrowed until they end.
  using Outcome = boost::asio::awaitable<absl::Status>;
  Outcome Repair(FindingKind kind, const AuditedOrder& audited, const OrderTrace& trace,
                 base::Deadline deadline);
  Outcome StoreDecision(const Order& order, const OrderTrace& trace, base::Deadline deadline);
  Outcome Announce(const Order& order, base::Deadline deadline);
  Outcome StoreNotification(const Order& order, const OrderTrace& trace, base::Deadline deadline);
  Outcome Cancel(const Order& order, base::Deadline deadline);
  Outcome Release(const Order& order, base::Deadline deadline);

  const ReconcilerPorts ports_;
  std::map<FindingKind, Counters> counters_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_RECONCILER_H_
