#ifndef MESH_RESILIENCE_METRICS_H_
#define MESH_RESILIENCE_METRICS_H_

#include <array>
#include <string>

#include "mesh/resilience/circuit_breaker.h"
#include "mesh/resilience/concurrency_limiter.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::resilience {

// A circuit as metrics, written as things happen, so that a scrape asks nobody. Hand it to the
// breaker and keep it as long. The gauge stays "open" past the open time until somebody calls or
// takes a snapshot. Thread-safe; borrows `metrics`.
//   trellis_circuit_state{circuit}                        0 closed, 1 open, 2 half-open, 3 isolated
//   trellis_circuit_transitions_total{circuit,from,to}
//   trellis_circuit_{rejected,late,lost}_total{circuit}
class CircuitMetrics final : public CircuitObserver {
 public:
  CircuitMetrics(telemetry::Metrics& metrics, const std::string& circuit);

  void OnTransition(CircuitState from, CircuitState to) override;
  void OnRejected() override { rejected_.Increment(); }
  void OnLate() override { late_.Increment(); }
  void OnLost() override { lost_.Increment(); }

 private:
  telemetry::Gauge& state_;
  telemetry::Counter& rejected_;
  telemetry::Counter& late_;
  telemetry::Counter& lost_;
  // [from][to]; null where there is no such change.
  std::array<std::array<telemetry::Counter*, kCircuitStates>, kCircuitStates> transitions_{};
};

// The same for a limiter.
//   trellis_concurrency_limit{limiter}
//   trellis_concurrency_in_flight{limiter}
//   trellis_concurrency_{rejected,dropped}_total{limiter}
class LimiterMetrics final : public LimiterObserver {
 public:
  LimiterMetrics(telemetry::Metrics& metrics, const std::string& limiter);

  void OnLimit(int limit) override { limit_.Set(limit); }
  void OnInFlight(int in_flight) override { in_flight_.Set(in_flight); }
  void OnRejected() override { rejected_.Increment(); }
  void OnDropped() override { dropped_.Increment(); }

 private:
  telemetry::Gauge& limit_;
  telemetry::Gauge& in_flight_;
  telemetry::Counter& rejected_;
  telemetry::Counter& dropped_;
};

}  // namespace trellis::resilience

#endif  // MESH_RESILIENCE_METRICS_H_
