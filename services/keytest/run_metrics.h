#ifndef SERVICES_KEYTEST_RUN_METRICS_H_
#define SERVICES_KEYTEST_RUN_METRICS_H_

#include <map>

#include "mesh/telemetry/metrics.h"
#include "services/keytest/run.h"

namespace trellis::keytest {

// The present run as gauges: what GetStatus answers. Thread-safe.
class RunMetrics {
 public:
  explicit RunMetrics(telemetry::Metrics& metrics)
      : generated_(Keys(metrics, "generated")),
        consumed_(Keys(metrics, "consumed")),
        pending_(Keys(metrics, "pending")),
        dead_(Keys(metrics, "dead")),
        p50_(Lateness(metrics, "0.5")),
        p99_(Lateness(metrics, "0.99")) {}

  void Set(const RunStatus& status) {
    generated_.Set(static_cast<double>(status.generated));
    consumed_.Set(static_cast<double>(status.consumed));
    pending_.Set(static_cast<double>(status.pending));
    dead_.Set(static_cast<double>(status.dead));
    p50_.Set(LatenessQuantile(status.lateness, 0.5) / 1000);
    p99_.Set(LatenessQuantile(status.lateness, 0.99) / 1000);
  }

 private:
  static telemetry::Gauge& Keys(telemetry::Metrics& metrics, const char* state) {
    return metrics.AddGauge("trellis_keytest_keys",
                            "Keys of the present test: generated = consumed + pending + dead.",
                            {{"state", state}});
  }
  static telemetry::Gauge& Lateness(telemetry::Metrics& metrics, const char* quantile) {
    return metrics.AddGauge("trellis_keytest_run_lateness_seconds",
                            "How late keys of the present test were consumed.",
                            {{"quantile", quantile}});
  }

  telemetry::Gauge& generated_;
  telemetry::Gauge& consumed_;
  telemetry::Gauge& pending_;
  telemetry::Gauge& dead_;
  telemetry::Gauge& p50_;
  telemetry::Gauge& p99_;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_RUN_METRICS_H_
