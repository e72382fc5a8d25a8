#ifndef SERVICES_KEYTEST_CONSUMER_METRICS_H_
#define SERVICES_KEYTEST_CONSUMER_METRICS_H_

#include "mesh/telemetry/metrics.h"

namespace trellis::keytest {

// What a consumer process counts. Thread-safe.
struct ConsumerMetrics {
  explicit ConsumerMetrics(telemetry::Metrics& metrics)
      : claimed(metrics.AddCounter("trellis_keytest_claimed_total",
                                   "Keys that were due and claimed by this process.")),
        confirmed(Published(metrics, "confirmed")),
        unconfirmed(Published(metrics, "failed")),
        consumed(Events(metrics, "consumed")),
        duplicate(Events(metrics, "duplicate")),
        retried(Events(metrics, "retried")),
        dead(Events(metrics, "dead")),
        lateness(metrics.AddLatency("trellis_keytest_lateness_seconds",
                                    "From when a key was due until its effect was recorded.")),
        handler(metrics.AddLatency("trellis_keytest_batch_seconds",
                                   "From a batch of deliveries until its acks.")),
        expired_heard(metrics.AddCounter("trellis_keytest_expired_events_total",
                                         "Expired events of generated keys that were heard.")),
        wakes(metrics.AddCounter("trellis_keytest_wakes_total",
                                 "Sleeping sweeps that an event ended.")),
        subscribed(metrics.AddGauge("trellis_keytest_subscribed",
                                    "1 while expired events are listened to.")),
        notifications(metrics.AddGauge("trellis_keytest_notifications",
                                       "1 when Redis tells of expired keys.")) {}

  telemetry::Counter& claimed;
  telemetry::Counter& confirmed;
  telemetry::Counter& unconfirmed;
  telemetry::Counter& consumed;
  telemetry::Counter& duplicate;
  telemetry::Counter& retried;
  telemetry::Counter& dead;
  telemetry::Histogram& lateness;
  telemetry::Histogram& handler;
  telemetry::Counter& expired_heard;
  telemetry::Counter& wakes;
  telemetry::Gauge& subscribed;
  telemetry::Gauge& notifications;

 private:
  static telemetry::Counter& Published(telemetry::Metrics& metrics, const char* outcome) {
    return metrics.AddCounter("trellis_keytest_published_total",
                              "Events given to the broker, by what it said.",
                              {{"outcome", outcome}});
  }
  static telemetry::Counter& Events(telemetry::Metrics& metrics, const char* outcome) {
    return metrics.AddCounter("trellis_keytest_events_total",
                              "Events delivered or given up, by what became of them.",
                              {{"outcome", outcome}});
  }
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_CONSUMER_METRICS_H_
