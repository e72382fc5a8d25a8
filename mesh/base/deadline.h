#ifndef MESH_BASE_DEADLINE_H_
#define MESH_BASE_DEADLINE_H_

#include <algorithm>

#include "mesh/base/clock.h"

namespace trellis::base {

// The instant after which nobody waits for an answer any more. A value; every I/O takes one, and
// what an RPC calls gets the RPC's own or an earlier one (Min). Steady time, so it never moves.
class Deadline {
 public:
  [[nodiscard]] static Deadline Infinite() { return Deadline(SteadyTime::max()); }
  [[nodiscard]] static Deadline At(SteadyTime time) { return Deadline(time); }
  [[nodiscard]] static Deadline After(milliseconds duration,
                                      SteadyTime now = std::chrono::steady_clock::now()) {
    return Deadline(duration >= std::chrono::duration_cast<milliseconds>(SteadyTime::max() - now)
                        ? SteadyTime::max()
                        : now + duration);
  }

  [[nodiscard]] SteadyTime time() const { return time_; }
  [[nodiscard]] bool IsInfinite() const { return time_ == SteadyTime::max(); }
  [[nodiscard]] bool Expired(SteadyTime now = std::chrono::steady_clock::now()) const {
    return now >= time_;
  }
  // What is left; zero when expired.
  [[nodiscard]] milliseconds Remaining(SteadyTime now = std::chrono::steady_clock::now()) const {
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(time_ - now));
  }
  [[nodiscard]] static Deadline Min(Deadline a, Deadline b) { return a.time_ < b.time_ ? a : b; }

 private:
  explicit Deadline(SteadyTime time) : time_(time) {}
  SteadyTime time_;
};

}  // namespace trellis::base

#endif  // MESH_BASE_DEADLINE_H_
