#ifndef MESH_BASE_CLOCK_H_
#define MESH_BASE_CLOCK_H_

#include <chrono>

namespace trellis::base {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// The time, injected so that domain tests need not wait. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // For durations and deadlines; never jumps.
  [[nodiscard]] virtual SteadyTime Now() const = 0;
  // For time stamps that people and other machines read.
  [[nodiscard]] virtual WallTime WallNow() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime Now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime WallNow() const override { return std::chrono::system_clock::now(); }
};

// Stands still until told otherwise. Not thread-safe: for single-threaded tests.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime Now() const override { return steady_; }
  [[nodiscard]] WallTime WallNow() const override { return wall_; }
  void Advance(milliseconds by) {
    steady_ += by;
    wall_ += by;
  }

 private:
  SteadyTime steady_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::hours(24 * 365 * 55)};
};

// Milliseconds since 1970, the unit of every stored time.
[[nodiscard]] inline int64_t UnixMillis(WallTime time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}
[[nodiscard]] inline WallTime FromUnixMillis(int64_t millis) {
  return WallTime(milliseconds(millis));
}

}  // namespace trellis::base

#endif  // MESH_BASE_CLOCK_H_
