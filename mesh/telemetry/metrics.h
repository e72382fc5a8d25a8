#ifndef MESH_TELEMETRY_METRICS_H_
#define MESH_TELEMETRY_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string>

namespace trellis::telemetry {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

// The metrics of one process. What it hands out lives as long as it does and is thread-safe. Names
// start with trellis_, counters end in _total, units are seconds and bytes; label values come from
// fixed sets, never from a request.
class Metrics {
 public:
  Counter& AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // With buckets for seconds, 100 us to 10 s.
  Histogram& AddLatency(const std::string& name, const std::string& help,
                        const Labels& labels = {});

  // Prometheus' text format 0.0.4.
  [[nodiscard]] std::string Text() const;

 private:
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
};

}  // namespace trellis::telemetry

#endif  // MESH_TELEMETRY_METRICS_H_
