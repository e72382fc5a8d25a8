#ifndef SERVICES_WEATHER_STREAM_CLOCK_H_
#define SERVICES_WEATHER_STREAM_CLOCK_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "mesh/base/clock.h"

namespace trellis::weather {

// What Redis' clock shows by now at the latest, from a few looks at it: an answer that says T and
// was asked for at local time A means that Redis' clock was at T no earlier than A, so now it is
// not later than T + 1 + (now - A). The tightest of the last looks counts. Not thread-safe.
class StreamClock {
 public:
  void Observe(base::SteadyTime asked, int64_t redis_ms) {
    offsets_[next_++ % offsets_.size()] = redis_ms + 1 - Millis(asked);
    known_ = std::min(known_ + 1, offsets_.size());
  }
  // Earlier looks count no more: it may be another Redis.
  void Forget() { known_ = next_ = 0; }
  [[nodiscard]] bool known() const { return known_ > 0; }
  // Unix milliseconds; only when known().
  [[nodiscard]] int64_t LatestNow(base::SteadyTime now) const {
    return *std::min_element(offsets_.begin(), offsets_.begin() + static_cast<ptrdiff_t>(known_)) +
           Millis(now) + 1;
  }

 private:
  static int64_t Millis(base::SteadyTime time) {
    return std::chrono::duration_cast<base::milliseconds>(time.time_since_epoch()).count();
  }
  std::array<int64_t, 4> offsets_{};
  size_t next_ = 0;
  size_t known_ = 0;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_STREAM_CLOCK_H_
