#ifndef SERVICES_WEATHER_WORKER_METRICS_H_
#define SERVICES_WEATHER_WORKER_METRICS_H_

#include "mesh/telemetry/metrics.h"

namespace trellis::weather {

// What a worker counts. Thread-safe.
class WorkerMetrics {
 public:
  explicit WorkerMetrics(telemetry::Metrics& metrics)
      : read(Request(metrics, "read")),
        claimed(Request(metrics, "claimed")),
        expired(Request(metrics, "expired")),
        hopeless(Request(metrics, "hopeless")),
        poison(Request(metrics, "poison")),
        released(Request(metrics, "released")),
        answered(Answer(metrics, "accepted")),
        stale(Answer(metrics, "stale")),
        repeated(Answer(metrics, "repeated")),
        nobody_waits(Answer(metrics, "nobody_waits")),
        unsent(Answer(metrics, "unsent")),
        claims_lost(metrics.AddCounter("trellis_weather_claims_lost_total",
                                       "Requests in hand that others had claimed.")),
        trimmed(metrics.AddCounter("trellis_weather_trimmed_entries_total",
                                   "Entries that every group was done with and nobody deleted.")),
        forgotten(metrics.AddCounter("trellis_weather_forgotten_consumers_total",
                                     "Workers long gone, with nothing pending.")),
        in_hand(metrics.AddGauge("trellis_weather_requests_in_hand",
                                 "Requests that this worker has and has not answered.")),
        work(metrics.AddLatency("trellis_weather_work_seconds",
                                "Time that the forecast of a request took.")) {}

  telemetry::Counter& read;
  telemetry::Counter& claimed;
  telemetry::Counter& expired;   // not started: the deadline had passed
  telemetry::Counter& hopeless;  // not started: less time was left than the work takes
  telemetry::Counter& poison;    // not started: too many workers died or stopped over it
  telemetry::Counter& released;
  telemetry::Counter& answered;
  telemetry::Counter& stale;         // refused: the request was somebody else's by then
  telemetry::Counter& repeated;      // refused: sent again since the first answer was not confirmed
  telemetry::Counter& nobody_waits;  // done, but the instance that asked is gone
  telemetry::Counter& unsent;        // Redis could not be reached until the deadline
  telemetry::Counter& claims_lost;
  telemetry::Counter& trimmed;
  telemetry::Counter& forgotten;
  telemetry::Gauge& in_hand;
  telemetry::Histogram& work;

 private:
  static telemetry::Counter& Request(telemetry::Metrics& metrics, const char* event) {
    return metrics.AddCounter("trellis_weather_requests_total",
                              "Requests by what happened to them at this worker.",
                              {{"event", event}});
  }
  static telemetry::Counter& Answer(telemetry::Metrics& metrics, const char* outcome) {
    return metrics.AddCounter("trellis_weather_answers_total",
                              "Answers of this worker by what became of them.",
                              {{"outcome", outcome}});
  }
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_WORKER_METRICS_H_
