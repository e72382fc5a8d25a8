#ifndef SERVICES_ORDER_POSTGRES_ORDER_AUDIT_H_
#define SERVICES_ORDER_POSTGRES_ORDER_AUDIT_H_

#include "mesh/postgres/pool.h"
#include "services/order/order_audit.h"

namespace trellis::order {

// OrderAudit on the schema of migrations/. Each call is one short transaction; a page is read by
// the index on (received_at, id). Holds a reference.
class PostgresOrderAudit final : public OrderAudit {
 public:
  explicit PostgresOrderAudit(postgres::Pool& pool) : pool_(pool) {}

  Async<AuditPage> Page(std::string after, base::milliseconds grace, int limit,
                        base::Deadline deadline) override;
  Async<std::set<std::string>> Known(std::vector<std::string> ids,
                                     base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> PutInOutbox(Order order, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> CompleteLedger(std::string id,
                                                      base::Deadline deadline) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_POSTGRES_ORDER_AUDIT_H_
