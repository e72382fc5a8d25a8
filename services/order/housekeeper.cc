#include "services/order/housekeeper.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

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
constexpr milliseconds kStopLook{50};

}  // namespace

Housekeeper::Housekeeper(asio::any_io_executor executor, CancelIntents& intents,
                         Cancelling& cancelling, IdempotencyKeys& keys, telemetry::Metrics& metrics,
                         HousekeepingOptions options)
    : executor_(std::move(executor)),
      intents_(intents),
      cancelling_(cancelling),
      keys_(keys),
      options_(options),
      completed_(metrics.AddCounter("trellis_order_cancels_completed_total",
                                    "Cancellations that another process had left undone.")),
      purged_(metrics.AddCounter("trellis_idempotency_keys_purged_total",
                                 "Idempotency keys that were forgotten for their age.")) {}

void Housekeeper::Start() {
  loops_ = 2;
  asio::co_spawn(executor_, CancelLoop(), asio::detached);
  asio::co_spawn(executor_, PurgeLoop(), asio::detached);
}

asio::awaitable<void> Housekeeper::CancelLoop() {
  while (!stopping_) {
    co_await CompleteCancels();
    co_await Pause(options_.cancel_poll);
  }
  --loops_;
}

asio::awaitable<void> Housekeeper::CompleteCancels() {
  const auto intents = co_await intents_.Unfinished(options_.cancel_grace, kCancelsAtOnce,
                                                    Deadline::After(kTimeout));
  if (!intents.ok()) co_return;
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
}

asio::awaitable<void> Housekeeper::PurgeLoop() {
  while (!stopping_) {
    co_await Purge();
    co_await Pause(options_.purge_period);
  }
  --loops_;
}

asio::awaitable<void> Housekeeper::Purge() {
  while (!stopping_) {
    const absl::StatusOr<int64_t> purged = co_await keys_.Purge(
        options_.key_lifetime, options_.purge_batch, Deadline::After(kTimeout));
    if (!purged.ok()) co_return;
    purged_.Increment(static_cast<double>(*purged));
    if (*purged < options_.purge_batch) co_return;
    co_await base::Sleep(kBetweenBatches);
  }
}

asio::awaitable<void> Housekeeper::Pause(milliseconds duration) {
  const Deadline end = Deadline::After(duration);
  while (!stopping_ && !end.Expired()) {
    co_await base::Sleep(std::min(kStopLook, end.Remaining() + milliseconds(1)));
  }
}

asio::awaitable<bool> Housekeeper::Stop(Deadline deadline) {
  stopping_ = true;
  while (loops_ > 0 && !deadline.Expired()) co_await base::Sleep(milliseconds(10));
  co_return loops_ == 0;
}

}  // namespace trellis::order
