#ifndef MESH_RESILIENCE_CONCURRENCY_LIMITER_H_
#define MESH_RESILIENCE_CONCURRENCY_LIMITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "mesh/base/clock.h"

namespace trellis::resilience {

using Duration = base::SteadyTime::duration;

// Kept in order: 1 <= min <= initial <= max.
struct ConcurrencyLimiterOptions {
  std::string name = "calls";  // in messages
  int min = 4;
  int max = 1000;
  int initial = 20;
  // Latency may rise to so many times that of the unloaded server before the limit sinks: room for
  // jitter, paid for with as much of a queue.
  double tolerance = 1.25;
  double smoothing = 0.3;    // the share of a change that is made at a time, of (0, 1]
  double drop_factor = 0.8;  // what a drop leaves of the limit, of (0, 1)
  int samples = 30;          // to judge the latency by, at least
  // How old the known latency of the unloaded server may be before it is measured again.
  base::milliseconds remeasure{30'000};
};

struct LimiterSnapshot {
  int limit = 0;  // the one that holds now, lower while it measures
  int in_flight = 0;
  bool measuring = false;
  Duration unloaded{0};  // zero: not known yet
  Duration latency{0};   // of the last that was judged; zero: none yet
  uint64_t rejected = 0;
  uint64_t dropped = 0;
};

// Hears of what happens, in its order. Called under the limiter's lock: must neither block nor call
// the limiter.
class LimiterObserver {
 public:
  virtual ~LimiterObserver() = default;
  virtual void OnLimit(int limit) = 0;
  virtual void OnInFlight(int in_flight) = 0;
  virtual void OnRejected() = 0;
  virtual void OnDropped() = 0;
};

// Keeps as many calls in flight as the server can work on, which it finds out by their latency:
//
//   gradient = tolerance * unloaded latency / present latency, within [0.5, 1]
//   limit    = smoothed(limit * gradient + sqrt(limit))
//
// so the limit grows by a queue of its root while latency is that of an unloaded server, and sinks
// as latency rises, to rest a little above the concurrency at which calls begin to wait. Both
// latencies are medians; the present one is judged once for about every round of calls, and only of
// calls that began after the last change, so that each change is judged by its effect. The limit
// moves only when at least half of it is used: the latency of a few calls says nothing of many. A
// drop (a timeout, a refusal by the server) lowers it at once, but for once a round.
//
// The unloaded latency is what calls take while less than half of the limit is used. A limiter that
// is always at work measures it at the start, every `remeasure`, and when the limit has sunk to its
// half: it halves the limit for a round, and again for as long as that makes calls faster. So
// neither a wrong first value nor a server that has become slower or faster for good stays unseen,
// and only a few calls are refused for it.
//
// Limiters that share a server see each other's queue; the drops keep them within bounds.
//
// Thread-safe; a short lock, no I/O, so it never blocks. Borrows the clock and the observer until
// destroyed. Sources: Netflix concurrency-limits (Gradient2Limit: the formula, and no change while
// less than half is used); Envoy's adaptive concurrency filter (gradient controller: sqrt(limit) as
// headroom, the unloaded latency measured at times under a lower limit).
class ConcurrencyLimiter {
 public:
  class Permit;

  explicit ConcurrencyLimiter(ConcurrencyLimiterOptions options, const base::Clock& clock,
                              LimiterObserver* observer = nullptr);
  ~ConcurrencyLimiter();
  ConcurrencyLimiter(const ConcurrencyLimiter&) = delete;
  ConcurrencyLimiter& operator=(const ConcurrencyLimiter&) = delete;

  // Leave for one call, or RESOURCE_EXHAUSTED, which names the limiter and its limit.
  [[nodiscard]] absl::StatusOr<Permit> Acquire();

  [[nodiscard]] int limit() const;
  [[nodiscard]] int in_flight() const;
  [[nodiscard]] LimiterSnapshot snapshot() const;

 private:
  class Core;
  const std::shared_ptr<Core> core_;
};

// A place among the calls in flight, free again when one of these is called or it is destroyed,
// which says nothing about the server (the call was cancelled, or failed at once). Of one thread at
// a time. May outlive the limiter, and then does nothing.
class [[nodiscard]] ConcurrencyLimiter::Permit {
 public:
  Permit(Permit&& other) noexcept = default;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();

  // The server answered, well or with an error that took its full work.
  void Finish(Duration latency);
  // The call was lost to overload: it timed out, or the server refused it.
  void Dropped();

 private:
  friend class ConcurrencyLimiter;
  Permit(std::shared_ptr<Core> core, uint64_t round) : core_(std::move(core)), round_(round) {}
  void Forget();

  std::shared_ptr<Core> core_;  // null: has ended or was moved from
  uint64_t round_;
};

}  // namespace trellis::resilience

#endif  // MESH_RESILIENCE_CONCURRENCY_LIMITER_H_
