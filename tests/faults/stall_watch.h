#ifndef TESTS_FAULTS_STALL_WATCH_H_
#define TESTS_FAULTS_STALL_WATCH_H_

#include <atomic>
#include <cstdint>
#include <thread>

namespace trellis::faults {

// Measures for how long the machine stood still: a thread that sleeps for some milliseconds again
// and again, and adds up how much later than asked for it woke. A bound on time that is measured
// beside others' work may be stretched by that; a process of ours that is slow while the machine
// goes on does not stretch it. Thread-safe.
class StallWatch {
 public:
  StallWatch();
  ~StallWatch();
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  // Since the construction. Waking a little late is no standing still.
  [[nodiscard]] double milliseconds() const { return static_cast<double>(stalled_us_) / 1000; }

 private:
  void Watch();

  std::atomic<bool> stop_{false};
  std::atomic<int64_t> stalled_us_{0};
  std::thread thread_;
};

}  // namespace trellis::faults

#endif  // TESTS_FAULTS_STALL_WATCH_H_
