#ifndef SERVICES_ORDER_ORDER_COUNTERS_H_
#define SERVICES_ORDER_ORDER_COUNTERS_H_

#include "mesh/telemetry/metrics.h"
#include "services/order/order_store.h"

namespace trellis::order {

// trellis_orders_total: what became of the requests to place an order. Thread-safe.
class OrderCounters {
 public:
  explicit OrderCounters(telemetry::Metrics& metrics)
      : duplicate(Add(metrics, "duplicate")),
        refused(Add(metrics, "refused")),
        failed(Add(metrics, "failed")),
        accepted_(Add(metrics, "accepted")),
        replayed_(Add(metrics, "replayed")) {}

  // Of what the store has said.
  [[nodiscard]] telemetry::Counter& Of(PlaceResult::Outcome outcome) const {
    using Outcome = PlaceResult::Outcome;
    switch (outcome) {
      case Outcome::kAccepted:
        return accepted_;
      case Outcome::kDuplicate:
        return duplicate;
      case Outcome::kReplayed:
        return replayed_;
      case Outcome::kKeyMismatch:
      case Outcome::kKeyInUse:
        break;
    }
    return refused;
  }

  telemetry::Counter& duplicate;
  telemetry::Counter& refused;  // a field or a key does not fit
  telemetry::Counter& failed;   // Postgres has not taken it, or not said so

 private:
  static telemetry::Counter& Add(telemetry::Metrics& metrics, const char* outcome) {
    return metrics.AddCounter("trellis_orders_total", "Requests to place an order, by outcome.",
                              {{"outcome", outcome}});
  }

  telemetry::Counter& accepted_;
  telemetry::Counter& replayed_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_COUNTERS_H_
