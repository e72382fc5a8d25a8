#ifndef MESH_RESILIENCE_CIRCUIT_BREAKER_H_
#define MESH_RESILIENCE_CIRCUIT_BREAKER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "mesh/base/clock.h"

namespace trellis::resilience {

using Duration = base::SteadyTime::duration;

// The values are those of the metric trellis_circuit_state.
enum class CircuitState { kClosed = 0, kOpen = 1, kHalfOpen = 2, kIsolated = 3 };
inline constexpr int kCircuitStates = 4;
// "closed", "open", "half-open", "isolated".
[[nodiscard]] std::string_view NameOf(CircuitState state);

// Counts and limits below 1 are taken as 1. A rate above 1 is never reached, so it turns its check
// off.
struct CircuitBreakerOptions {
  std::string name = "circuit";  // in messages

  // Closed: looks at the calls that ended within `window`, which moves on by a bucket at a time.
  base::milliseconds window{10'000};
  int buckets = 10;
  int minimum_calls = 20;     // fewer in the window never open it
  double failure_rate = 0.5;  // this share of failures opens it
  double slow_rate = 0.8;     // and so does this share of slow calls, failed or not
  base::milliseconds slow_call{1000};

  // Open: for so long, and for a random share of it more, so that not all who call one backend try
  // it again at the same moment.
  base::milliseconds open_time{5000};
  double open_jitter = 0.1;

  // Half-open: so many probes at a time, and so many successes to close it.
  int probes = 3;
  int successes_to_close = 3;
  // A probe that has not ended by then is lost. milliseconds::max() is for ever: then the loss of
  // as many as there are probes is the end of all calls.
  base::milliseconds probe_lease{10'000};

  std::function<uint64_t()> random = {};  // for the jitter; base::RandomBits if empty
};

struct CircuitSnapshot {
  CircuitState state = CircuitState::kClosed;
  base::WallTime since;
  base::milliseconds retry_in{0};  // until probes are let through; only when open
  // Of the window; empty but for the closed state.
  uint64_t calls = 0;
  uint64_t failures = 0;
  uint64_t slow = 0;
  int probes_in_flight = 0;
  int successes = 0;  // of probes since it is half-open
  // Since the start. transitions[from][to].
  std::array<std::array<uint64_t, kCircuitStates>, kCircuitStates> transitions{};
  uint64_t rejected = 0;
  uint64_t late = 0;
  uint64_t lost = 0;

  [[nodiscard]] uint64_t Transitions(CircuitState from, CircuitState to) const {
    return transitions[static_cast<size_t>(from)][static_cast<size_t>(to)];
  }
};

// Hears of what happens, in its order. Called under the breaker's lock: must neither block nor call
// the breaker.
class CircuitObserver {
 public:
  virtual ~CircuitObserver() = default;
  virtual void OnTransition(CircuitState from, CircuitState to) = 0;
  virtual void OnRejected() = 0;
  virtual void OnLate() = 0;
  virtual void OnLost() = 0;
};

// Stops calls to what fails or is slow, and finds out with few calls whether it is well again.
//
//   closed     all calls go, and their ends are counted; too many failures or slow calls: open
//   open       no call goes, for the open time; then half-open
//   half-open  a few probes at a time go; enough successes: closed; one failure: open
//   isolated   no call goes until Reset(), whatever the time
//
// A probe that fails or is slow opens the circuit, and so does one that is lost: neither reported
// nor destroyed within its lease, because the coroutine that had it will never go on. A probe keeps
// its place among those in flight until it ends or its lease does, even while the circuit opens and
// half-opens again, so there are never more than `probes`; and since every lease ends, the circuit
// never stays half-open for want of an answer. What is reported under another state than the call
// was let go under, or after the lease, says nothing about now: it is ignored, and counted as late.
//
// Thread-safe; a short lock, no I/O, so it never blocks. Time passes for it at calls of any method,
// with the effect as if at the due instant. Borrows the clock and the observer until destroyed.
// Source of the states: M. Nygard, "Release It!", 2007.
class CircuitBreaker {
 public:
  class Permit;

  explicit CircuitBreaker(CircuitBreakerOptions options, const base::Clock& clock,
                          CircuitObserver* observer = nullptr);
  ~CircuitBreaker();
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // Leave for one call, or UNAVAILABLE, which names circuit and state and says when to try again.
  [[nodiscard]] absl::StatusOr<Permit> Acquire();

  // Open until Reset(). Again: nothing.
  void Isolate();
  // Closed, with an empty window, from any state.
  void Reset();

  [[nodiscard]] CircuitSnapshot snapshot();

 private:
  class Core;
  const std::shared_ptr<Core> core_;
};

// Leave for one call. Says once how it ended; destroyed without a word (the call was cancelled, or
// failed for a reason that is not the backend's), the call does not count and a probe's place is
// free. Of one thread at a time. May outlive the breaker, and then does nothing.
class [[nodiscard]] CircuitBreaker::Permit {
 public:
  Permit(Permit&& other) noexcept = default;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();

  // A success slower than CircuitBreakerOptions::slow_call counts as slow.
  void Succeeded(Duration latency);
  // A timeout is a failure; when slow too, it is one call that counts in both rates.
  void Failed(Duration latency);

 private:
  friend class CircuitBreaker;
  Permit(std::shared_ptr<Core> core, uint64_t generation, uint64_t probe)
      : core_(std::move(core)), generation_(generation), probe_(probe) {}
  void Forget();

  std::shared_ptr<Core> core_;  // null: has spoken or was moved from
  uint64_t generation_;
  uint64_t probe_;  // 0: none, the circuit was closed
};

}  // namespace trellis::resilience

#endif  // MESH_RESILIENCE_CIRCUIT_BREAKER_H_
