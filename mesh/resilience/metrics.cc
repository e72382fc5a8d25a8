#include "mesh/resilience/metrics.h"

#include <utility>

namespace trellis::resilience {
namespace {

using State = CircuitState;

// All that there are, so that each is there with 0 from the start.
constexpr std::pair<State, State> kTransitions[] = {
    {State::kClosed, State::kOpen},       {State::kOpen, State::kHalfOpen},
    {State::kHalfOpen, State::kOpen},     {State::kHalfOpen, State::kClosed},
    {State::kClosed, State::kIsolated},   {State::kOpen, State::kIsolated},
    {State::kHalfOpen, State::kIsolated}, {State::kIsolated, State::kClosed},
    {State::kOpen, State::kClosed},
};

}  // namespace

CircuitMetrics::CircuitMetrics(telemetry::Metrics& metrics, const std::string& circuit)
    : state_(metrics.AddGauge("trellis_circuit_state",
                              "0 closed, 1 open, 2 half-open, 3 isolated by hand.",
                              {{"circuit", circuit}})),
      rejected_(metrics.AddCounter("trellis_circuit_rejected_total",
                                   "Calls that the circuit did not let go.",
                                   {{"circuit", circuit}})),
      late_(metrics.AddCounter("trellis_circuit_late_total",
                               "Results that came under another state, or after the lease.",
                               {{"circuit", circuit}})),
      lost_(metrics.AddCounter("trellis_circuit_lost_total",
                               "Probes whose lease ended before they did.",
                               {{"circuit", circuit}})) {
  for (const auto& [from, to] : kTransitions) {
    transitions_[static_cast<size_t>(from)][static_cast<size_t>(to)] =
        &metrics.AddCounter("trellis_circuit_transitions_total", "Changes of the circuit's state.",
                            {{"circuit", circuit},
                             {"from", std::string(NameOf(from))},
                             {"to", std::string(NameOf(to))}});
  }
}

void CircuitMetrics::OnTransition(CircuitState from, CircuitState to) {
  state_.Set(static_cast<double>(to));
  auto* counter = transitions_[static_cast<size_t>(from)][static_cast<size_t>(to)];
  if (counter != nullptr) counter->Increment();
}

LimiterMetrics::LimiterMetrics(telemetry::Metrics& metrics, const std::string& limiter)
    : limit_(metrics.AddGauge("trellis_concurrency_limit", "Calls that may be in flight.",
                              {{"limiter", limiter}})),
      in_flight_(metrics.AddGauge("trellis_concurrency_in_flight", "Calls in flight.",
                                  {{"limiter", limiter}})),
      rejected_(metrics.AddCounter("trellis_concurrency_rejected_total", "Calls beyond the limit.",
                                   {{"limiter", limiter}})),
      dropped_(metrics.AddCounter("trellis_concurrency_dropped_total", "Calls lost to overload.",
                                  {{"limiter", limiter}})) {}

}  // namespace trellis::resilience
