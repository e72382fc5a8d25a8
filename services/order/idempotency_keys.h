#ifndef SERVICES_ORDER_IDEMPOTENCY_KEYS_H_
#define SERVICES_ORDER_IDEMPOTENCY_KEYS_H_

#include "mesh/base/deadline.h"
#include "services/order/order.h"

namespace trellis::order {

// The port to the idempotency keys that OrderStore::Place keeps, for who clears them away.
// Thread-safe. Errors as of OrderStore.
class IdempotencyKeys {
 public:
  virtual ~IdempotencyKeys() = default;
  // Forgets up to `limit` keys that were first used longer than `age` ago. How many it forgot.
  virtual Async<int64_t> Purge(base::milliseconds age, int limit, base::Deadline deadline) = 0;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_IDEMPOTENCY_KEYS_H_
