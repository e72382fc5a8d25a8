#include "services/order/postgres_idempotency_keys.h"

#include <pqxx/pqxx>

namespace trellis::order {

Async<int64_t> PostgresIdempotencyKeys::Purge(base::milliseconds age, int limit,
                                              base::Deadline deadline) {
  auto query = [age, limit](pqxx::transaction_base& transaction) {
    const auto gone = transaction.exec_params(
        "DELETE FROM idempotency_keys WHERE key IN ("
        "  SELECT key FROM idempotency_keys"
        "  WHERE created_at < clock_timestamp() - $1::bigint * interval '1 millisecond'"
        "  ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        age.count(), limit);
    return absl::StatusOr<int64_t>(static_cast<int64_t>(gone.affected_rows()));
  };
  co_return co_await postgres::TransactFor<int64_t>(pool_, std::move(query), deadline);
}

}  // namespace trellis::order
