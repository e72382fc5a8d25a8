#ifndef CLIENTS_CLI_LOAD_TIMELINE_H_
#define CLIENTS_CLI_LOAD_TIMELINE_H_

#include <vector>

#include "clients/cli/load/histogram.h"
#include "mesh/base/clock.h"

namespace trellis::cli::load {

// Latencies over the time of a run, in at most 240 slots of one width, which doubles whenever the
// run outgrows them: memory is bounded (2 MB), however long it takes. Not thread-safe.
class Timeline {
 public:
  static constexpr size_t kMostSlots = 240;
  struct Slot {
    Histogram latency{5};  // to 3 %
    int64_t errors = 0;
  };

  // A call that was due at `at` from the start.
  void Record(microseconds at, microseconds latency, bool ok);

  [[nodiscard]] base::milliseconds width() const { return width_; }
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }

 private:
  void Halve();

  base::milliseconds width_{100};
  std::vector<Slot> slots_;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_TIMELINE_H_
