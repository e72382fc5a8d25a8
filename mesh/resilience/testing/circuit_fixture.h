#ifndef MESH_RESILIENCE_TESTING_CIRCUIT_FIXTURE_H_
#define MESH_RESILIENCE_TESTING_CIRCUIT_FIXTURE_H_

#include <gmock/gmock.h>

#include <optional>
#include <utility>

#include "mesh/base/status.h"
#include "mesh/resilience/circuit_breaker.h"

namespace trellis::resilience {

// A breaker whose time stands still until a test moves it.
class CircuitFixture : public ::testing::Test {
 protected:
  using Permit = CircuitBreaker::Permit;
  using Millis = base::milliseconds;
  static constexpr Millis kQuick{10};
  static constexpr Millis kSlow{1000};

  static CircuitBreakerOptions Options() {
    return {.name = "backend",
            .window = Millis(10'000),
            .buckets = 10,
            .minimum_calls = 10,
            .failure_rate = 0.5,
            .slow_rate = 0.8,
            .slow_call = kSlow,
            .open_time = Millis(5000),
            .open_jitter = 0,
            .probes = 2,
            .successes_to_close = 3,
            .probe_lease = Millis(2000),
            .random = {}};
  }
  void Make(CircuitBreakerOptions options) {
    breaker_.reset();
    breaker_.emplace(std::move(options), clock_);
  }
  CircuitFixture() { Make(Options()); }

  Permit Acquire() { return breaker_->Acquire().value(); }
  bool Refused() { return !breaker_->Acquire().ok(); }
  std::string Refusal() { return base::MessageOf(breaker_->Acquire().status()); }
  void Succeed(int calls, Millis latency = kQuick) {
    for (int i = 0; i < calls; ++i) Acquire().Succeeded(latency);
  }
  void Fail(int calls, Millis latency = kQuick) {
    for (int i = 0; i < calls; ++i) Acquire().Failed(latency);
  }
  void Open() { Fail(10); }
  void HalfOpen() {
    Open();
    clock_.Advance(Millis(5000));
  }
  CircuitSnapshot Look() { return breaker_->snapshot(); }
  CircuitState State() { return Look().state; }

  base::ManualClock clock_;
  std::optional<CircuitBreaker> breaker_;
};

}  // namespace trellis::resilience

#endif  // MESH_RESILIENCE_TESTING_CIRCUIT_FIXTURE_H_
