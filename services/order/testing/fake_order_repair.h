#ifndef SERVICES_ORDER_TESTING_FAKE_ORDER_REPAIR_H_
#define SERVICES_ORDER_TESTING_FAKE_ORDER_REPAIR_H_

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/order/cancel_intents.h"
#include "services/order/idempotency_keys.h"
#include "services/order/order_audit.h"
#include "services/order/order_traces.h"
#include "services/order/testing/calls.h"

// Fakes of the ports of repair, which say what the test put there. Single-threaded.
namespace trellis::order::testing {

class FakeOrderAudit final : public OrderAudit {
 public:
  explicit FakeOrderAudit(Calls& calls) : calls_(calls) {}
  Async<AuditPage> Page(std::string after, base::milliseconds grace, int limit,
                        base::Deadline deadline) override;
  Async<std::set<std::string>> Known(std::vector<std::string> ids,
                                     base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> PutInOutbox(Order order, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> CompleteLedger(std::string id,
                                                      base::Deadline deadline) override;

  AuditPage page;
  std::set<std::string> known;

 private:
  Calls& calls_;
};

class FakeOrderTraces final : public OrderTraces {
 public:
  explicit FakeOrderTraces(Calls& calls) : calls_(calls) {}
  Async<std::vector<OrderTrace>> Read(std::vector<std::string> ids,
                                      base::Deadline deadline) override;
  Async<ReservationPage> Reservations(std::string after, int count,
                                      base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> RestoreReservation(Order order,
                                                          base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> RestoreNotification(std::string id, base::WallTime sent_at,
                                                           base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Forget(std::string id, std::string sku,
                                              base::WallTime decided_at,
                                              base::Deadline deadline) override;

  std::map<std::string, OrderTrace> traces;
  ReservationPage page;

 private:
  Calls& calls_;
};

class FakeCancelIntents final : public CancelIntents {
 public:
  explicit FakeCancelIntents(Calls& calls) : calls_(calls) {}
  Async<Order> Request(std::string id, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Withdraw(std::string id, base::Deadline deadline) override;
  Async<std::vector<Order>> Unfinished(base::milliseconds age, int limit,
                                       base::Deadline deadline) override;

  std::map<std::string, Order> orders;
  std::vector<Order> unfinished;  // is given out once

 private:
  Calls& calls_;
};

class FakeIdempotencyKeys final : public IdempotencyKeys {
 public:
  explicit FakeIdempotencyKeys(Calls& calls) : calls_(calls) {}
  Async<int64_t> Purge(base::milliseconds age, int limit, base::Deadline deadline) override;

  int64_t old = 0;  // keys to be purged

 private:
  Calls& calls_;
};

}  // namespace trellis::order::testing

#endif  // SERVICES_ORDER_TESTING_FAKE_ORDER_REPAIR_H_
