#ifndef SERVICES_ORDER_POSTGRES_CANCEL_INTENTS_H_
#define SERVICES_ORDER_POSTGRES_CANCEL_INTENTS_H_

#include "mesh/postgres/pool.h"
#include "services/order/cancel_intents.h"

namespace trellis::order {

// CancelIntents as a column of the orders. Each call is one transaction. Holds a reference.
class PostgresCancelIntents final : public CancelIntents {
 public:
  explicit PostgresCancelIntents(postgres::Pool& pool) : pool_(pool) {}

  Async<Order> Request(std::string id, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Withdraw(std::string id, base::Deadline deadline) override;
  Async<std::vector<Order>> Unfinished(base::milliseconds age, int limit,
                                       base::Deadline deadline) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_POSTGRES_CANCEL_INTENTS_H_
