#ifndef SERVICES_ORDER_POSTGRES_ORDER_STORE_H_
#define SERVICES_ORDER_POSTGRES_ORDER_STORE_H_

#include "mesh/postgres/pool.h"
#include "services/order/order_store.h"

namespace trellis::order {

// OrderStore on the schema of migrations/. Each call is one transaction. Holds a reference.
class PostgresOrderStore final : public OrderStore {
 public:
  explicit PostgresOrderStore(postgres::Pool& pool) : pool_(pool) {}

  Async<PlaceResult> Place(NewOrder order, base::milliseconds lease,
                           base::Deadline deadline) override;
  Async<Order> Get(std::string id, base::Deadline deadline) override;
  Async<OrderPage> List(std::optional<Status> status, int page_size, std::string page_token,
                        base::Deadline deadline) override;
  Async<Order> SetReserved(std::string id, base::WallTime at, base::Deadline deadline) override;
  Async<Order> SetRejected(std::string id, std::string reason, base::WallTime at,
                           base::Deadline deadline) override;
  Async<Order> SetNotified(std::string id, base::WallTime at, base::Deadline deadline) override;
  Async<Order> SetCancelled(std::string id, bool released, base::WallTime at,
                            base::Deadline deadline) override;
  Async<std::vector<OutboxRow>> ClaimOutbox(int limit, base::milliseconds lease,
                                            base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> DeleteOutbox(std::vector<int64_t> ids,
                                                    base::Deadline deadline) override;
  Async<OutboxStats> GetOutboxStats(base::Deadline deadline) override;
  Async<std::map<std::string, int64_t>> CountByStatus(base::Deadline deadline) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_POSTGRES_ORDER_STORE_H_
