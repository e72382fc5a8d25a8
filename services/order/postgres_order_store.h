#ifndef SERVICES_ORDER_POSTGRES_ORDER_STORE_H_
#define SERVICES_ORDER_POSTGRES_ORDER_STORE_H_

#include "mesh/base/batcher.h"
#include "mesh/postgres/pool.h"
#include "services/order/order_batches.h"
#include "services/order/order_store.h"

namespace trellis::order {

// OrderStore on the schema of migrations/. What the pipeline writes for each order (an order
// without an idempotency key, and what became of it) is written for many at a time, in one
// transaction of one statement; every other call is a transaction of its own. Holds a reference to
// the pool, which outlives it; see base::Batcher for its own end.
class PostgresOrderStore final : public OrderStore {
 public:
  explicit PostgresOrderStore(postgres::Pool& pool, base::BatcherOptions batches = {});

  Async<PlaceResult> Place(NewOrder order, base::milliseconds lease,
                           base::Deadline deadline) override;
  Async<Order> Get(std::string id, base::Deadline deadline) override;
  Async<OrderPage> List(std::optional<Status> status, int page_size, std::string page_token,
                        base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> SetReserved(std::string id, base::WallTime at,
                                                   base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> SetRejected(std::string id, std::string reason,
                                                   base::WallTime at,
                                                   base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> SetNotified(std::string id, base::WallTime at,
                                                   base::Deadline deadline) override;
  Async<Order> SetCancelled(std::string id, bool released, base::WallTime at,
                            base::Deadline deadline) override;
  Async<std::vector<OutboxRow>> ClaimOutbox(int limit, base::milliseconds lease,
                                            base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> DeleteOutbox(std::vector<int64_t> ids,
                                                    base::Deadline deadline) override;
  Async<OutboxStats> GetOutboxStats(base::Deadline deadline) override;
  Async<std::map<std::string, int64_t>> CountByStatus(base::Deadline deadline) override;

 private:
  // The result: whether there is such an order.
  using Steps = base::Batcher<Step, bool>;

  Steps::Run Taking(StepKind kind);
  static boost::asio::awaitable<absl::Status> Take(Steps& steps, Step step,
                                                   base::Deadline deadline);

  postgres::Pool& pool_;
  base::Batcher<Placement, PlaceResult> place_;
  Steps reserved_;
  Steps rejected_;
  Steps notified_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_POSTGRES_ORDER_STORE_H_
