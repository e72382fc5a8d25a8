#ifndef SERVICES_WEATHER_INGRESS_H_
#define SERVICES_WEATHER_INGRESS_H_

#include "mesh/base/backoff.h"
#include "mesh/base/retry_budget.h"
#include "mesh/resilience/circuit_breaker.h"
#include "mesh/resilience/concurrency_limiter.h"
#include "services/weather/ingress_metrics.h"
#include "services/weather/request_channel.h"

namespace trellis::weather {

struct IngressOptions {
  // The longest that a call may take; a caller with less time has that.
  milliseconds call_timeout{5000};
  // A call that had less time than this and timed out says nothing about the workers.
  milliseconds fair_time{500};
  // Latency up to this is no sign of overload: a call that is answered in less counts as if it had
  // taken so long, since a limit that follows the jitter of fast calls refuses for nothing.
  milliseconds quick{25};
  base::BackoffPolicy retry{milliseconds(20), milliseconds(500)};
  int max_attempts = 5;
};

// What stands between callers and the workers: the limit of calls in flight, the circuit breaker,
// retries of what did not get through. Each call has one outcome, by its deadline. Belongs to one
// reactor, as does the channel; breaker and limiter are shared by all.
class Ingress {
 public:
  Ingress(RequestChannel& channel, resilience::CircuitBreaker& breaker,
          resilience::ConcurrencyLimiter& limiter, const base::Clock& clock,
          IngressMetrics& metrics, IngressOptions options = {})
      : channel_(channel),
        breaker_(breaker),
        limiter_(limiter),
        clock_(clock),
        metrics_(metrics),
        options_(options) {}

  // As RequestChannel::Call, and:
  //   UNAVAILABLE         the circuit is open, or the retries were in vain
  //   RESOURCE_EXHAUSTED  more calls are in flight than the workers keep up with
  [[nodiscard]] Async<Reply> Call(Request request, base::Deadline deadline);

 private:
  Async<Reply> Attempts(Request request, base::Deadline deadline);
  // What the end of a call says of the workers.
  [[nodiscard]] absl::StatusCode Judge(absl::StatusCode code, bool fair,
                                       resilience::Duration latency, base::Deadline until) const;
  // How long to wait before that attempt, 1 being the first repeat; negative: none.
  [[nodiscard]] milliseconds PauseBefore(int attempt, base::Deadline deadline);

  RequestChannel& channel_;
  resilience::CircuitBreaker& breaker_;
  resilience::ConcurrencyLimiter& limiter_;
  const base::Clock& clock_;
  IngressMetrics& metrics_;
  const IngressOptions options_;
  base::RetryBudget budget_{20, 0.1};
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_INGRESS_H_
