#ifndef SERVICES_POST_POSTGRES_INVALIDATION_OUTBOX_H_
#define SERVICES_POST_POSTGRES_INVALIDATION_OUTBOX_H_

#include "mesh/postgres/pool.h"
#include "services/post/invalidation_outbox.h"

namespace trellis::post {

// InvalidationOutbox on the table cache_invalidations; ages and leases are by Postgres' clock.
// Holds a reference to the pool, which outlives it.
class PostgresInvalidationOutbox final : public InvalidationOutbox {
 public:
  explicit PostgresInvalidationOutbox(postgres::Pool& pool) : pool_(pool) {}

  Async<std::vector<Invalidation>> Take(base::milliseconds older_than, base::milliseconds lease,
                                        int limit, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Remove(std::vector<int64_t> ids,
                                              base::Deadline deadline) override;
  Async<OutboxStats> Stats(base::Deadline deadline) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_POSTGRES_INVALIDATION_OUTBOX_H_
