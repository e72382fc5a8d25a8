#include "services/order/housekeeper.h"

#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"

namespace trellis::order {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr int kCancelsAtOnce = 100;
constexpr milliseconds kTimeout{5000};
// Between two batches, so that a purge of many does not crowd out the orders.
constexpr milliseconds kBetweenBatches{50};

}  // namespace

Housekeeper::Housekeeper(asio::any_io_executor executor, CancelIntents& intents,
                         Cancelling& cancelling, IdempotencyKeys& keys, telemetry::Metrics& metrics,
                         HousekeepingOptions options)
    : intents_(intents),
      cancelling_(cancelling),
      keys_(keys),
      options_(options),
      completed_(metrics.AddCounter("trellis_order_cancels_completed_total",
                                    "Cancellations that another process had left undone.")),
      purged_(metrics.AddCounter("trellis_idempotency_keys_purged_total",
                                 "Idempotency keys that were forgotten for their age.")),
      cancels_(executor, options.cancel_poll, [this] { return CompleteCancels(); }),
      purges_(executor, options.purge_period, [this] { return Purge(); }) {}

void Housekeeper::Start() {
  cancels_.Start();
  purges_.Start();
}

asio::awaitable<bool> Housekeeper::CompleteCancels() {
  const auto intents = co_await intents_.Unfinished(options_.cancel_grace, kCancelsAtOnce,
                                                    Deadline::After(kTimeout));
  if (!intents.ok()) co_return false;
  for (const Order& intent : *intents) {
    if (stopping_) break;
    const absl::StatusOr<Order> order =
        co_await cancelling_.Complete(intent, Deadline::After(kTimeout));
    if (order.ok()) {
      completed_.Increment();
      telemetry::Log(telemetry::Level::kInfo, "completed a cancellation", {{"order", intent.id}});
    } else if (absl::IsUnavailable(order.status())) {
      break;  // what it needs is away for all of them
    }
  }
  co_return false;
}

asio::awaitable<bool> Housekeeper::Purge() {
  const absl::StatusOr<int64_t> purged =
      co_await keys_.Purge(options_.key_lifetime, options_.purge_batch, Deadline::After(kTimeout));
  if (!purged.ok()) co_return false;
  purged_.Increment(static_cast<double>(*purged));
  if (*purged < options_.purge_batch) co_return false;
  co_await base::Sleep(kBetweenBatches);
  co_return true;
}

asio::awaitable<bool> Housekeeper::Stop(Deadline deadline) {
  stopping_ = true;
  const bool cancels = co_await cancels_.Stop(deadline);
  const bool purges = co_await purges_.Stop(deadline);
  co_return (cancels && purges);
}

}  // namespace trellis::order
