#include "services/order/testing/fake_order_store.h"

#include <algorithm>

namespace trellis::order::testing {

void FakeOrderStore::Add(const std::string& id) {
  orders[id] = Order{.id = id, .sku = "case", .qty = 2};
}

absl::StatusOr<Order> FakeOrderStore::Change(const std::string& method, const std::string& id,
                                             Status status,
                                             std::optional<base::WallTime> Order::*field,
                                             base::WallTime at) {
  absl::Status failure = calls_.Enter(method, id);
  if (!failure.ok()) return failure;
  const auto found = orders.find(id);
  if (found == orders.end()) return absl::NotFoundError("there is no such order");
  found->second.status = status;
  found->second.*field = at;
  return found->second;
}

Async<PlaceResult> FakeOrderStore::Place(NewOrder order, base::milliseconds /*lease*/,
                                         base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Place", order.id);
  if (!status.ok()) co_return status;
  PlaceResult result;
  const auto [entry, first] = orders.try_emplace(order.id);
  if (!first) {
    result.outcome = PlaceResult::Outcome::kDuplicate;
    co_return result;
  }
  entry->second = Order{.id = order.id, .sku = order.sku, .qty = order.qty};
  result.order = entry->second;
  result.row.order_id = order.id;
  co_return result;
}

Async<Order> FakeOrderStore::Get(std::string id, base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Get", id);
  if (!status.ok()) co_return status;
  const auto found = orders.find(id);
  if (found == orders.end()) co_return absl::NotFoundError("there is no such order");
  co_return found->second;
}

Async<OrderPage> FakeOrderStore::List(std::optional<Status> status, int /*page_size*/,
                                      std::string /*page_token*/, base::Deadline /*deadline*/) {
  const absl::Status failure = calls_.Enter("List");
  if (!failure.ok()) co_return failure;
  OrderPage page;
  for (const auto& [id, order] : orders) {
    if (!status || order.status == *status) page.orders.push_back(order);
  }
  co_return page;
}

boost::asio::awaitable<absl::Status> FakeOrderStore::SetReserved(std::string id, base::WallTime at,
                                                                 base::Deadline /*deadline*/) {
  co_return Change("SetReserved", id, Status::kReserved, &Order::reserved_at, at).status();
}

boost::asio::awaitable<absl::Status> FakeOrderStore::SetRejected(std::string id, std::string reason,
                                                                 base::WallTime at,
                                                                 base::Deadline /*deadline*/) {
  absl::Status status =
      Change("SetRejected", id, Status::kRejected, &Order::rejected_at, at).status();
  if (status.ok()) orders[id].reason = reason;
  co_return status;
}

boost::asio::awaitable<absl::Status> FakeOrderStore::SetNotified(std::string id, base::WallTime at,
                                                                 base::Deadline /*deadline*/) {
  co_return Change("SetNotified", id, Status::kNotified, &Order::notified_at, at).status();
}

Async<Order> FakeOrderStore::SetCancelled(std::string id, bool /*released*/, base::WallTime at,
                                          base::Deadline /*deadline*/) {
  co_return Change("SetCancelled", id, Status::kCancelled, &Order::cancelled_at, at);
}

Async<std::vector<OutboxRow>> FakeOrderStore::ClaimOutbox(int limit, base::milliseconds /*lease*/,
                                                          base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("ClaimOutbox");
  if (!status.ok()) co_return status;
  const size_t count = std::min(claimable.size(), static_cast<size_t>(limit));
  const auto end = claimable.begin() + static_cast<ptrdiff_t>(count);
  std::vector<OutboxRow> rows(claimable.begin(), end);
  claimable.erase(claimable.begin(), end);
  co_return rows;
}

boost::asio::awaitable<absl::Status> FakeOrderStore::DeleteOutbox(std::vector<int64_t> ids,
                                                                  base::Deadline /*deadline*/) {
  absl::Status status = calls_.Enter("DeleteOutbox");
  if (status.ok()) deleted.insert(deleted.end(), ids.begin(), ids.end());
  co_return status;
}

Async<OutboxStats> FakeOrderStore::GetOutboxStats(base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("GetOutboxStats");
  if (!status.ok()) co_return status;
  co_return OutboxStats{.depth = static_cast<int64_t>(claimable.size())};
}

Async<std::map<std::string, int64_t>> FakeOrderStore::CountByStatus(base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("CountByStatus");
  if (!status.ok()) co_return status;
  std::map<std::string, int64_t> counts;
  for (const auto& [id, order] : orders) ++counts[StatusName(order.status)];
  co_return counts;
}

}  // namespace trellis::order::testing
