#include "services/order/cancelling.h"

#include "mesh/base/failpoint.h"

namespace trellis::order {

Async<Order> Cancelling::Cancel(std::string id, base::Deadline deadline) {
  absl::StatusOr<Order> order = co_await intents_.Request(id, deadline);
  if (!order.ok()) co_return order.status();
  if (order->cancelled_at) co_return co_await store_.Get(std::move(id), deadline);
  base::HitFailpoint("order.after-cancel-intent");
  co_return co_await Complete(std::move(*order), deadline);
}

Async<Order> Cancelling::Complete(Order order, base::Deadline deadline) {
  if (order.reserved_at) {
    // Redis may have forgotten what it took, and would then give nothing back.
    const absl::Status restored = co_await traces_.RestoreReservation(order, deadline);
    if (!restored.ok()) co_return restored;
  }
  const absl::StatusOr<Release> release = co_await stock_.Cancel(order.id, order.sku, deadline);
  if (!release.ok()) co_return release.status();
  if (release->outcome == Release::Outcome::kRejected) {
    const absl::Status withdrawn = co_await intents_.Withdraw(order.id, deadline);
    if (!withdrawn.ok()) co_return withdrawn;
    co_return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                               "order '" + order.id + "' was rejected");
  }
  base::HitFailpoint("order.after-release");
  const bool released = release->outcome == Release::Outcome::kReleased;
  co_return co_await store_.SetCancelled(order.id, released, release->time, deadline);
}

}  // namespace trellis::order
