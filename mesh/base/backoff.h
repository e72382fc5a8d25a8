#ifndef MESH_BASE_BACKOFF_H_
#define MESH_BASE_BACKOFF_H_

#include "mesh/base/clock.h"

namespace trellis::base {

struct BackoffPolicy {
  milliseconds base{50};
  milliseconds cap{1000};
};

// Exponential backoff with full jitter: uniform in [0, min(cap, base * 2^attempt)], attempt from 0.
// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. `random` is 64
// uniform bits, normally RandomBits().
[[nodiscard]] milliseconds FullJitter(const BackoffPolicy& policy, int attempt, uint64_t random);

}  // namespace trellis::base

#endif  // MESH_BASE_BACKOFF_H_
