#ifndef SERVICES_WEATHER_INGRESS_METRICS_H_
#define SERVICES_WEATHER_INGRESS_METRICS_H_

#include "mesh/telemetry/metrics.h"

namespace trellis::weather {

// trellis_weather_calls_total: what became of the calls to the workers. Thread-safe; shared by the
// reactors.
class IngressMetrics {
 public:
  explicit IngressMetrics(telemetry::Metrics& metrics)
      : answered(Call(metrics, "answered")),
        failed(Call(metrics, "failed")),
        timed_out(Call(metrics, "timed_out")),
        unavailable(Call(metrics, "unavailable")),
        circuit_open(Call(metrics, "circuit_open")),
        over_limit(Call(metrics, "over_limit")),
        stream_full(Call(metrics, "stream_full")),
        cancelled(Call(metrics, "cancelled")),
        retried(Retry(metrics, "made")),
        not_retried(Retry(metrics, "no_budget")) {}

  telemetry::Counter& answered;  // also with an error that is the caller's fault
  telemetry::Counter& failed;    // the worker could not do it
  telemetry::Counter& timed_out;
  telemetry::Counter& unavailable;   // Redis cannot be reached or has lost the request
  telemetry::Counter& circuit_open;  // not tried
  telemetry::Counter& over_limit;    // not tried
  telemetry::Counter& stream_full;
  telemetry::Counter& cancelled;
  telemetry::Counter& retried;
  telemetry::Counter& not_retried;

 private:
  static telemetry::Counter& Call(telemetry::Metrics& metrics, const char* outcome) {
    return metrics.AddCounter("trellis_weather_calls_total", "Calls to the workers by outcome.",
                              {{"outcome", outcome}});
  }
  static telemetry::Counter& Retry(telemetry::Metrics& metrics, const char* outcome) {
    return metrics.AddCounter("trellis_weather_retries_total",
                              "Retries that were made, and that the budget did not allow.",
                              {{"outcome", outcome}});
  }
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_INGRESS_METRICS_H_
