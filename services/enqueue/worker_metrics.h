#ifndef SERVICES_ENQUEUE_WORKER_METRICS_H_
#define SERVICES_ENQUEUE_WORKER_METRICS_H_

#include "mesh/telemetry/metrics.h"

namespace trellis::enqueue {

// What a worker counts. Thread-safe.
struct WorkerMetrics {
  explicit WorkerMetrics(telemetry::Metrics& metrics)
      : claimed(Jobs(metrics, "claimed")),
        redelivered(Jobs(metrics, "redelivered")),
        completed(Jobs(metrics, "completed")),
        failed(Jobs(metrics, "failed")),
        dead(Jobs(metrics, "dead")),
        fenced(Jobs(metrics, "fenced")),
        released(Jobs(metrics, "released")),
        taken_over(Jobs(metrics, "taken_over")),
        leases_lost(metrics.AddCounter("trellis_worker_leases_lost_total",
                                       "Times that this worker was taken for dead.")),
        in_hand(metrics.AddGauge("trellis_worker_jobs_in_hand", "Jobs being run.")),
        run(metrics.AddLatency("trellis_worker_job_seconds",
                               "Time that the handler of a job took.")) {}

  telemetry::Counter& claimed;
  telemetry::Counter& redelivered;
  telemetry::Counter& completed;
  telemetry::Counter& failed;
  telemetry::Counter& dead;
  telemetry::Counter& fenced;
  telemetry::Counter& released;
  telemetry::Counter& taken_over;
  telemetry::Counter& leases_lost;
  telemetry::Gauge& in_hand;
  telemetry::Histogram& run;

 private:
  static telemetry::Counter& Jobs(telemetry::Metrics& metrics, const std::string& event) {
    return metrics.AddCounter("trellis_worker_jobs_total", "Jobs, by what became of them.",
                              {{"event", event}});
  }
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_WORKER_METRICS_H_
