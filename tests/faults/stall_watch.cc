#include "tests/faults/stall_watch.h"

#include <chrono>

namespace trellis::faults {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kNap{10};
constexpr std::chrono::milliseconds kLittleLate{20};

}  // namespace

StallWatch::StallWatch() : thread_([this] { Watch(); }) {}

StallWatch::~StallWatch() {
  stop_ = true;
  thread_.join();
}

void StallWatch::Watch() {
  while (!stop_) {
    const auto start = steady_clock::now();
    std::this_thread::sleep_for(kNap);
    const auto late = steady_clock::now() - start - kNap;
    if (late < kLittleLate) continue;
    stalled_us_ += std::chrono::duration_cast<std::chrono::microseconds>(late).count();
  }
}

}  // namespace trellis::faults
