#ifndef SERVICES_ORDER_PACE_H_
#define SERVICES_ORDER_PACE_H_

#include "mesh/base/batcher.h"

namespace trellis::order {

// For the first step of what a consumer does with a message: under load it takes messages up in
// groups, which stay together in the steps that follow, so that their transactions, scripts and
// publishes are few. Nobody waits for a consumer but the next one in the pipeline.
inline constexpr base::BatcherOptions kInGroups{.pace = base::milliseconds(10)};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_PACE_H_
