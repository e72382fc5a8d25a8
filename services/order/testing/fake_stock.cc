#include "services/order/testing/fake_stock.h"

namespace trellis::order::testing {

Async<Reservation> FakeStock::Reserve(std::string order_id, std::string sku, int32_t qty,
                                      base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Reserve", order_id);
  if (!status.ok()) co_return status;
  const auto [entry, first] = decided_.try_emplace(order_id);
  Decided& decided = entry->second;
  if (first) {
    decided.reservation.time = time;
    if (quantities[sku] >= qty) {
      quantities[sku] -= qty;
      decided.qty = qty;
    } else {
      decided.reservation.state = Status::kRejected;
      decided.reservation.reason = "out of stock";
    }
  }
  co_return decided.reservation;
}

Async<Release> FakeStock::Cancel(std::string order_id, std::string sku,
                                 base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Cancel", order_id);
  if (!status.ok()) co_return status;
  Decided& decided = decided_[order_id];
  Release release{.outcome = Release::Outcome::kUnreserved, .time = time};
  if (decided.reservation.state == Status::kRejected) {
    release.outcome = Release::Outcome::kRejected;
    co_return release;
  }
  if (decided.qty > 0) release.outcome = Release::Outcome::kReleased;
  if (decided.reservation.state != Status::kCancelled) quantities[sku] += decided.qty;
  decided.reservation.state = Status::kCancelled;
  co_return release;
}

boost::asio::awaitable<absl::Status> FakeStock::Set(std::string sku, int64_t quantity,
                                                    base::Deadline /*deadline*/) {
  absl::Status status = calls_.Enter("Set", sku);
  if (status.ok()) quantities[sku] = quantity;
  co_return status;
}

Async<int64_t> FakeStock::Get(std::string sku, base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Get", sku);
  if (!status.ok()) co_return status;
  const auto found = quantities.find(sku);
  if (found == quantities.end()) co_return absl::NotFoundError("nobody has set it");
  co_return found->second;
}

Async<std::map<std::string, int64_t>> FakeStock::List(base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("List");
  if (!status.ok()) co_return status;
  co_return quantities;
}

}  // namespace trellis::order::testing
