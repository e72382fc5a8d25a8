#ifndef MESH_RESILIENCE_IMPL_GRADIENT_H_
#define MESH_RESILIENCE_IMPL_GRADIENT_H_

#include <cstdint>
#include <vector>

#include "mesh/resilience/concurrency_limiter.h"

namespace trellis::resilience::impl {

// The limit of a ConcurrencyLimiter, which keeps count and lock. It goes by rounds: a round takes
// samples of calls that began in it, and ends with a change of the limit. Not thread-safe.
class Gradient {
 public:
  explicit Gradient(const ConcurrencyLimiterOptions& options);

  // The limit that holds now, within [min, max].
  [[nodiscard]] int limit() const;
  // What a call that begins now is to give back with its end.
  [[nodiscard]] uint64_t round() const { return round_; }
  [[nodiscard]] bool measuring() const { return measuring_; }
  [[nodiscard]] Duration unloaded() const { return unloaded_; }
  [[nodiscard]] Duration latency() const { return latency_; }

  void Began(int in_flight);
  void Finished(uint64_t round, Duration latency, base::SteadyTime now);
  void Dropped(uint64_t round);

 private:
  [[nodiscard]] size_t SamplesWanted() const;
  [[nodiscard]] Duration TakeMedian();
  void NextRound();
  void Judge(base::SteadyTime now, bool used);
  void Measure(base::SteadyTime now, bool used, Duration before);
  void Know(Duration unloaded, base::SteadyTime now);
  void Set(double limit);

  const ConcurrencyLimiterOptions options_;
  double limit_;
  // Lower than limit_ while it measures how fast the server is unloaded.
  double measuring_limit_;
  double highest_ = 0;  // of limit_ since it has measured
  bool measuring_ = true;
  uint64_t round_ = 1;
  std::vector<Duration> samples_;
  int peak_ = 0;  // of the calls in flight in this round
  Duration latency_{0};
  Duration unloaded_{0};
  base::SteadyTime measured_at_{};
};

}  // namespace trellis::resilience::impl

#endif  // MESH_RESILIENCE_IMPL_GRADIENT_H_
