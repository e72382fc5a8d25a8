#include "mesh/base/backoff.h"

#include <algorithm>

namespace trellis::base {

milliseconds FullJitter(const BackoffPolicy& policy, int attempt, uint64_t random) {
  const int doublings = std::clamp(attempt, 0, 30);
  const int64_t base = std::max<int64_t>(policy.base.count(), 0);
  const int64_t cap = std::max<int64_t>(policy.cap.count(), 0);
  const int64_t ceiling = base > (cap >> doublings) ? cap : std::min(cap, base << doublings);
  return milliseconds(static_cast<int64_t>(random % (static_cast<uint64_t>(ceiling) + 1)));
}

}  // namespace trellis::base
