#include "mesh/resilience/metrics.h"

#include <gmock/gmock.h>

namespace trellis::resilience {
namespace {

using base::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ResilienceMetricsTest : public ::testing::Test {
 protected:
  telemetry::Metrics metrics_;
  base::ManualClock clock_;
};

TEST_F(ResilienceMetricsTest, CircuitIsThereFromTheStart) {
  const CircuitMetrics observer(metrics_, "backend");
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr("trellis_circuit_state{circuit=\"backend\"} 0\n"),
                    HasSubstr("trellis_circuit_rejected_total{circuit=\"backend\"} 0\n"),
                    HasSubstr("trellis_circuit_transitions_total{circuit=\"backend\","
                              "from=\"closed\",to=\"open\"} 0\n"),
                    Not(HasSubstr("from=\"closed\",to=\"half-open\""))));
}

TEST_F(ResilienceMetricsTest, CircuitIsWrittenAsItChanges) {
  CircuitMetrics observer(metrics_, "backend");
  CircuitBreaker breaker({.minimum_calls = 1,
                          .open_time = milliseconds(100),
                          .open_jitter = 0,
                          .probe_lease = milliseconds(100)},
                         clock_, &observer);
  CircuitBreaker::Permit late = breaker.Acquire().value();
  breaker.Acquire()->Failed(milliseconds(1));
  late.Succeeded(milliseconds(1));
  EXPECT_FALSE(breaker.Acquire().ok());
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr("trellis_circuit_state{circuit=\"backend\"} 1\n"),
                    HasSubstr("trellis_circuit_rejected_total{circuit=\"backend\"} 1\n"),
                    HasSubstr("trellis_circuit_late_total{circuit=\"backend\"} 1\n"),
                    HasSubstr("from=\"closed\",to=\"open\"} 1\n")));
  clock_.Advance(milliseconds(100));
  const CircuitBreaker::Permit lost = breaker.Acquire().value();
  EXPECT_THAT(metrics_.Text(), HasSubstr("trellis_circuit_state{circuit=\"backend\"} 2\n"));
  clock_.Advance(milliseconds(100));
  breaker.Isolate();
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr("trellis_circuit_state{circuit=\"backend\"} 3\n"),
                    HasSubstr("trellis_circuit_lost_total{circuit=\"backend\"} 1\n"),
                    HasSubstr("from=\"half-open\",to=\"open\"} 1\n"),
                    HasSubstr("from=\"open\",to=\"isolated\"} 1\n")));
}

TEST_F(ResilienceMetricsTest, LimiterIsWrittenAsItChanges) {
  LimiterMetrics observer(metrics_, "backend");
  ConcurrencyLimiter limiter({.min = 1, .max = 2, .initial = 2, .drop_factor = 0.5}, clock_,
                             &observer);
  ConcurrencyLimiter::Permit first = limiter.Acquire().value();
  const ConcurrencyLimiter::Permit second = limiter.Acquire().value();
  EXPECT_FALSE(limiter.Acquire().ok());
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr("trellis_concurrency_limit{limiter=\"backend\"} 2\n"),
                    HasSubstr("trellis_concurrency_in_flight{limiter=\"backend\"} 2\n"),
                    HasSubstr("trellis_concurrency_rejected_total{limiter=\"backend\"} 1\n"),
                    HasSubstr("trellis_concurrency_dropped_total{limiter=\"backend\"} 0\n")));
  first.Dropped();
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr("trellis_concurrency_limit{limiter=\"backend\"} 1\n"),
                    HasSubstr("trellis_concurrency_in_flight{limiter=\"backend\"} 1\n"),
                    HasSubstr("trellis_concurrency_dropped_total{limiter=\"backend\"} 1\n")));
}

}  // namespace
}  // namespace trellis::resilience
