#ifndef SERVICES_WEATHER_CHANNEL_METRICS_H_
#define SERVICES_WEATHER_CHANNEL_METRICS_H_

#include "mesh/telemetry/metrics.h"
#include "services/weather/correlation_table.h"

namespace trellis::weather {

// What the service counts of its streams. Thread-safe; shared by the reactors.
class ChannelMetrics {
 public:
  explicit ChannelMetrics(telemetry::Metrics& metrics)
      : waiting(metrics.AddGauge("trellis_weather_waiting", "Calls that wait for a reply.")),
        lost(metrics.AddCounter("trellis_weather_lost_requests_total",
                                "Requests that were gone from Redis when it came back.")),
        stream_length(metrics.AddGauge("trellis_weather_request_stream_length",
                                       "Entries in the stream of requests.")),
        pending(metrics.AddGauge("trellis_weather_pending_requests",
                                 "Requests that a worker has and has not answered.")),
        lag(metrics.AddGauge("trellis_weather_lag", "Requests that no worker has taken.")),
        consumers(metrics.AddGauge("trellis_weather_consumers",
                                   "Workers that the consumer group knows.")),
        accepted_(Add(metrics, "accepted")),
        late_(Add(metrics, "late")),
        double_(Add(metrics, "double")),
        foreign_(Add(metrics, "foreign")) {}

  [[nodiscard]] telemetry::Counter& Of(CorrelationTable::Kind kind) const {
    switch (kind) {
      case CorrelationTable::Kind::kAccepted:
        return accepted_;
      case CorrelationTable::Kind::kLate:
        return late_;
      case CorrelationTable::Kind::kDouble:
        return double_;
      case CorrelationTable::Kind::kForeign:
        break;
    }
    return foreign_;
  }

  telemetry::Gauge& waiting;
  telemetry::Counter& lost;
  telemetry::Gauge& stream_length;
  telemetry::Gauge& pending;
  telemetry::Gauge& lag;
  telemetry::Gauge& consumers;

 private:
  static telemetry::Counter& Add(telemetry::Metrics& metrics, const char* kind) {
    return metrics.AddCounter(
        "trellis_weather_replies_total",
        "Replies read: accepted by a call, or dropped since it was over, answered, or not ours.",
        {{"kind", kind}});
  }

  telemetry::Counter& accepted_;
  telemetry::Counter& late_;
  telemetry::Counter& double_;
  telemetry::Counter& foreign_;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_CHANNEL_METRICS_H_
