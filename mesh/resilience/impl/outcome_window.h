#ifndef MESH_RESILIENCE_IMPL_OUTCOME_WINDOW_H_
#define MESH_RESILIENCE_IMPL_OUTCOME_WINDOW_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "mesh/base/clock.h"

namespace trellis::resilience::impl {

// How many calls ended lately, and how. Kept in buckets of time, so it knows the last `buckets`
// minus one in full and the present one as far as it goes. Not thread-safe.
class OutcomeWindow {
 public:
  struct Counts {
    uint64_t calls = 0;
    uint64_t failures = 0;
    uint64_t slow = 0;
  };

  OutcomeWindow(base::milliseconds window, int buckets)
      : buckets_(static_cast<size_t>(std::max(1, buckets))),
        width_(std::max(base::SteadyTime::duration(1),
                        base::SteadyTime::duration(window) / std::max(1, buckets))) {}

  void Add(base::SteadyTime now, bool failed, bool slow) {
    MoveTo(now);
    Count(buckets_[Place(current_)], failed, slow);
    Count(total_, failed, slow);
  }
  [[nodiscard]] const Counts& Totals(base::SteadyTime now) {
    MoveTo(now);
    return total_;
  }
  void Clear() {
    std::fill(buckets_.begin(), buckets_.end(), Counts());
    total_ = {};
  }

 private:
  static void Count(Counts& counts, bool failed, bool slow) {
    counts.calls += 1;
    counts.failures += failed ? 1 : 0;
    counts.slow += slow ? 1 : 0;
  }
  [[nodiscard]] size_t Place(int64_t bucket) const {
    return static_cast<size_t>(bucket) % buckets_.size();
  }
  void MoveTo(base::SteadyTime now) {
    const int64_t bucket = now.time_since_epoch() / width_;
    if (bucket - current_ >= static_cast<int64_t>(buckets_.size())) {
      Clear();
      current_ = bucket;
    }
    while (current_ < bucket) {
      Counts& oldest = buckets_[Place(++current_)];
      total_.calls -= oldest.calls;
      total_.failures -= oldest.failures;
      total_.slow -= oldest.slow;
      oldest = {};
    }
  }

  std::vector<Counts> buckets_;
  const base::SteadyTime::duration width_;
  int64_t current_ = 0;
  Counts total_;
};

}  // namespace trellis::resilience::impl

#endif  // MESH_RESILIENCE_IMPL_OUTCOME_WINDOW_H_
