#include "services/keytest/run.h"

#include <algorithm>

namespace trellis::keytest {

double Percent(const RunStatus& status) {
  if (status.parameters.keys == 0) return 0;
  return 100.0 * static_cast<double>(status.consumed + status.dead) / status.parameters.keys;
}

double LatenessQuantile(const std::vector<LatenessBucket>& lateness, double share) {
  int64_t all = 0;
  for (const LatenessBucket& bucket : lateness) all += bucket.count;
  if (all == 0) return 0;
  const double rank = share * static_cast<double>(all);
  int64_t below = 0;
  for (const LatenessBucket& bucket : lateness) {
    if (static_cast<double>(below + bucket.count) < rank) {
      below += bucket.count;
      continue;
    }
    if (bucket.le_ms == 0) break;
    const auto* const bound =
        std::lower_bound(kLatenessBounds.begin(), kLatenessBounds.end(), bucket.le_ms);
    const double from = bound == kLatenessBounds.begin() ? 0 : *(bound - 1);
    const double part =
        bucket.count == 0 ? 1
                          : (rank - static_cast<double>(below)) / static_cast<double>(bucket.count);
    return from + (bucket.le_ms - from) * part;
  }
  return kLatenessBounds.back();
}

}  // namespace trellis::keytest
