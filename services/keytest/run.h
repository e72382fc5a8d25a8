#ifndef SERVICES_KEYTEST_RUN_H_
#define SERVICES_KEYTEST_RUN_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace trellis::keytest {

// What a test is to do.
struct RunParameters {
  int keys = 0;
  int delay_ms = 1;            // before each key; 0: as many at a time as may be
  int ttl_ms = 100;            // of each key
  int dedup_window_ms = 5000;  // of each dedup key
};

enum class RunState { kIdle, kGenerating, kDraining, kStopped, kDone };

// Upper bounds of the buckets that count how late keys were, in ms; a last one has no bound.
inline constexpr std::array<int, 26> kLatenessBounds = {
    1,  2,  3,  4,   5,   6,   8,   10,   12,   15,   20,     25,     30,
    40, 50, 75, 100, 150, 250, 500, 1000, 2000, 5000, 10'000, 30'000, 60'000};

struct LatenessBucket {
  int le_ms = 0;  // 0: no bound
  int64_t count = 0;
};

// A run and its counters, all of one moment: generated = consumed + pending + dead.
struct RunStatus {
  RunState state = RunState::kIdle;
  std::string id;
  RunParameters parameters;
  int64_t started_ms = 0;  // Unix time; 0: not yet
  int64_t ended_ms = 0;
  int64_t generated = 0;
  int64_t consumed = 0;
  int64_t pending = 0;
  int64_t dead = 0;
  std::vector<LatenessBucket> lateness;  // those that are not empty, in order
};

// Of the keys that were asked for, those that are consumed or dead.
[[nodiscard]] double Percent(const RunStatus& status);
// The lateness that `share` of the keys do not exceed, in ms: interpolated within a bucket, the
// last bound for what has none, 0 when there are none.
[[nodiscard]] double LatenessQuantile(const std::vector<LatenessBucket>& lateness, double share);

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_RUN_H_
