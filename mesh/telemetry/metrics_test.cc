#include "mesh/telemetry/metrics.h"

#include <gmock/gmock.h>

namespace trellis::telemetry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

int Occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Metrics, CounterIsWrittenWithHelpAndType) {
  Metrics metrics;
  metrics.AddCounter("trellis_things_total", "Things that were done.").Increment(3);
  EXPECT_EQ(metrics.Text(),
            "# HELP trellis_things_total Things that were done.\n"
            "# TYPE trellis_things_total counter\n"
            "trellis_things_total 3\n");
}

TEST(Metrics, GaugeGoesBothWays) {
  Metrics metrics;
  Gauge& gauge = metrics.AddGauge("trellis_level", "How high.", {{"tank", "a"}});
  gauge.Set(5);
  gauge.Decrement(7);
  EXPECT_THAT(metrics.Text(), AllOf(HasSubstr("# TYPE trellis_level gauge\n"),
                                    HasSubstr("trellis_level{tank=\"a\"} -2\n")));
}

TEST(Metrics, LatencyIsACumulativeHistogramInSeconds) {
  Metrics metrics;
  Histogram& latency = metrics.AddLatency("trellis_duration_seconds", "How long.");
  latency.Observe(0.0002);
  latency.Observe(0.3);
  latency.Observe(100);
  EXPECT_THAT(metrics.Text(), AllOf(HasSubstr("# TYPE trellis_duration_seconds histogram\n"),
                                    HasSubstr("trellis_duration_seconds_count 3\n"),
                                    HasSubstr("trellis_duration_seconds_bucket{le=\"0.0001\"} 0\n"),
                                    HasSubstr("trellis_duration_seconds_bucket{le=\"0.5\"} 2\n"),
                                    HasSubstr("trellis_duration_seconds_bucket{le=\"10\"} 2\n"),
                                    HasSubstr("trellis_duration_seconds_bucket{le=\"+Inf\"} 3\n")));
}

TEST(Metrics, SameNameWithOtherLabelsIsOneFamily) {
  Metrics metrics;
  metrics.AddCounter("trellis_calls_total", "Calls.", {{"method", "a"}}).Increment();
  metrics.AddCounter("trellis_calls_total", "Calls.", {{"method", "b"}}).Increment(2);
  const std::string text = metrics.Text();
  EXPECT_EQ(Occurrences(text, "# TYPE trellis_calls_total"), 1);
  EXPECT_THAT(text, AllOf(HasSubstr("trellis_calls_total{method=\"a\"} 1\n"),
                          HasSubstr("trellis_calls_total{method=\"b\"} 2\n")));
}

TEST(Metrics, SameNameAndLabelsIsTheSameCounter) {
  Metrics metrics;
  metrics.AddCounter("trellis_calls_total", "Calls.", {{"method", "a"}}).Increment();
  metrics.AddCounter("trellis_calls_total", "Calls.", {{"method", "a"}}).Increment();
  EXPECT_THAT(metrics.Text(), HasSubstr("trellis_calls_total{method=\"a\"} 2\n"));
}

TEST(Metrics, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.AddCounter("trellis_odd_total", "Odd.", {{"label", "a\"b\\c\nd"}});
  EXPECT_THAT(metrics.Text(), HasSubstr("{label=\"a\\\"b\\\\c\\nd\"}"));
}

TEST(Metrics, NoneAreAnEmptyText) { EXPECT_EQ(Metrics().Text(), ""); }

}  // namespace
}  // namespace trellis::telemetry
