#include "services/order/testing/fake_order_repair.h"

#include <algorithm>

namespace trellis::order::testing {

using base::Deadline;
using Done = boost::asio::awaitable<absl::Status>;

Async<AuditPage> FakeOrderAudit::Page(std::string after, base::milliseconds /*grace*/,
                                      int /*limit*/, Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Page", after);
  if (!status.ok()) co_return status;
  co_return page;
}

Async<std::set<std::string>> FakeOrderAudit::Known(std::vector<std::string> /*ids*/,
                                                   Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Known");
  if (!status.ok()) co_return status;
  co_return known;
}

Done FakeOrderAudit::PutInOutbox(Order order, Deadline /*deadline*/) {
  co_return calls_.Enter("PutInOutbox", order.id);
}

Done FakeOrderAudit::CompleteLedger(std::string id, Deadline /*deadline*/) {
  co_return calls_.Enter("CompleteLedger", id);
}

Async<std::vector<OrderTrace>> FakeOrderTraces::Read(std::vector<std::string> ids,
                                                     Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Read");
  if (!status.ok()) co_return status;
  std::vector<OrderTrace> read;
  for (const std::string& id : ids) read.push_back(traces[id]);
  co_return read;
}

Async<ReservationPage> FakeOrderTraces::Reservations(std::string after, int /*count*/,
                                                     Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Reservations", after);
  if (!status.ok()) co_return status;
  co_return page;
}

Done FakeOrderTraces::RestoreReservation(Order order, Deadline /*deadline*/) {
  co_return calls_.Enter("RestoreReservation", order.id);
}

Done FakeOrderTraces::RestoreNotification(std::string id, base::WallTime /*sent_at*/,
                                          Deadline /*deadline*/) {
  co_return calls_.Enter("RestoreNotification", id);
}

Done FakeOrderTraces::Forget(std::string id, std::string /*sku*/, base::WallTime /*decided_at*/,
                             Deadline /*deadline*/) {
  co_return calls_.Enter("Forget", id);
}

Async<Order> FakeCancelIntents::Request(std::string id, Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Request", id);
  if (!status.ok()) co_return status;
  const auto found = orders.find(id);
  if (found == orders.end()) co_return absl::NotFoundError("there is no such order");
  co_return found->second;
}

Done FakeCancelIntents::Withdraw(std::string id, Deadline /*deadline*/) {
  co_return calls_.Enter("Withdraw", id);
}

Async<std::vector<Order>> FakeCancelIntents::Unfinished(base::milliseconds /*age*/, int /*limit*/,
                                                        Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Unfinished");
  if (!status.ok()) co_return status;
  co_return std::exchange(unfinished, {});
}

Async<int64_t> FakeIdempotencyKeys::Purge(base::milliseconds /*age*/, int limit,
                                          Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Purge");
  if (!status.ok()) co_return status;
  const int64_t gone = std::min<int64_t>(limit, old);
  old -= gone;
  co_return gone;
}

}  // namespace trellis::order::testing
