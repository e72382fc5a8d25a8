#ifndef SERVICES_ORDER_POSTGRES_IDEMPOTENCY_KEYS_H_
#define SERVICES_ORDER_POSTGRES_IDEMPOTENCY_KEYS_H_

#include "mesh/postgres/pool.h"
#include "services/order/idempotency_keys.h"

namespace trellis::order {

// IdempotencyKeys on the schema of migrations/. Processes that purge at the same time do not wait
// for each other. Holds a reference.
class PostgresIdempotencyKeys final : public IdempotencyKeys {
 public:
  explicit PostgresIdempotencyKeys(postgres::Pool& pool) : pool_(pool) {}
  Async<int64_t> Purge(base::milliseconds age, int limit, base::Deadline deadline) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_POSTGRES_IDEMPOTENCY_KEYS_H_
