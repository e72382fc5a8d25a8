#ifndef SERVICES_WEATHER_SERVICE_TIME_H_
#define SERVICES_WEATHER_SERVICE_TIME_H_

#include <algorithm>

#include "mesh/base/clock.h"

namespace trellis::weather {

// The fastest that work was done in the last one to two seconds: what needs longer than a request
// has left is better not started. Nothing when nothing was done, so that it can be found out again
// after a time in which nothing was fast enough. Not thread-safe.
class ServiceTime {
 public:
  void Observe(base::SteadyTime now, base::milliseconds took) {
    Turn(now);
    current_ = std::min(current_, took);
  }
  // Zero: not known.
  [[nodiscard]] base::milliseconds Fastest(base::SteadyTime now) {
    Turn(now);
    const base::milliseconds fastest = std::min(current_, last_);
    return fastest == base::milliseconds::max() ? base::milliseconds(0) : fastest;
  }

 private:
  void Turn(base::SteadyTime now) {
    constexpr base::milliseconds kWindow{1000};
    if (now - start_ < kWindow) return;
    last_ = now - start_ < 2 * kWindow ? current_ : base::milliseconds::max();
    current_ = base::milliseconds::max();
    start_ = now;
  }
  base::SteadyTime start_{};
  base::milliseconds current_ = base::milliseconds::max();
  base::milliseconds last_ = base::milliseconds::max();
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_SERVICE_TIME_H_
