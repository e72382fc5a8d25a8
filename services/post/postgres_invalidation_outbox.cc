#include "services/post/postgres_invalidation_outbox.h"

#include <algorithm>

#include "services/post/queries.h"

namespace trellis::post {

using base::Deadline;
using base::milliseconds;
using postgres::TransactFor;
using Transaction = pqxx::transaction_base;

Async<std::vector<Invalidation>> PostgresInvalidationOutbox::Take(milliseconds older_than,
                                                                  milliseconds lease, int limit,
                                                                  Deadline deadline) {
  using Rows = std::vector<Invalidation>;
  auto work = [&](Transaction& transaction) -> absl::StatusOr<Rows> {
    Rows taken;
    for (const queries::TakeInvalidationsRow& row :
         queries::TakeInvalidations(transaction, older_than.count(), lease.count(), limit)) {
      taken.push_back({row.id, row.user_id, row.post_id, row.generation});
    }
    std::sort(taken.begin(), taken.end(),
              [](const Invalidation& a, const Invalidation& b) { return a.id < b.id; });
    return taken;
  };
  co_return co_await TransactFor<Rows>(pool_, work, deadline);
}

boost::asio::awaitable<absl::Status> PostgresInvalidationOutbox::Remove(std::vector<int64_t> ids,
                                                                        Deadline deadline) {
  postgres::Work work = [&](Transaction& transaction) {
    queries::RemoveInvalidations(transaction, ids);
    return absl::OkStatus();
  };
  co_return co_await pool_.Transact(std::move(work), deadline);
}

Async<OutboxStats> PostgresInvalidationOutbox::Stats(Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<OutboxStats> {
    const queries::InvalidationStatsRow row = queries::InvalidationStats(transaction);
    return OutboxStats{row.depth, milliseconds(row.oldest_age_ms)};
  };
  co_return co_await TransactFor<OutboxStats>(pool_, work, deadline);
}

}  // namespace trellis::post
