#include "services/order/outbox_relay.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/failpoint.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"
#include "services/order/topology.h"

namespace trellis::order {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr int kClaimAtMost = 500;
constexpr milliseconds kStoreTimeout{5000};
constexpr milliseconds kErrorPause{200};
constexpr milliseconds kStatsPeriod{1000};

amqp::Message MessageOf(const OutboxRow& row) {
  amqp::Message message;
  message.exchange = kOrdersExchange;
  message.routing_key = kOrderKey;
  message.message_id = "order:" + row.order_id;
  message.body = row.body;
  if (!row.request_id.empty()) message.headers["x-request-id"] = row.request_id;
  if (!row.traceparent.empty()) message.headers["traceparent"] = row.traceparent;
  return message;
}

telemetry::Counter& Published(telemetry::Metrics& metrics, const char* outcome) {
  return metrics.AddCounter("trellis_outbox_publishes_total", "Messages of the outbox, by outcome.",
                            {{"outcome", outcome}});
}

}  // namespace

OutboxRelay::OutboxRelay(asio::any_io_executor executor, OrderStore& store,
                         amqp::Publisher& publisher, telemetry::Metrics& metrics,
                         RelayOptions options)
    : executor_(std::move(executor)),
      store_(store),
      publisher_(publisher),
      options_(options),
      wake_(executor_),
      confirmed_(Published(metrics, "confirmed")),
      failed_(Published(metrics, "failed")),
      reclaimed_(metrics.AddCounter("trellis_outbox_reclaimed_total",
                                    "Messages whose publisher died or could not publish them.")),
      lag_(metrics.AddLatency("trellis_outbox_lag_seconds",
                              "From the write of a message to RabbitMQ's confirm.")),
      depth_(metrics.AddGauge("trellis_outbox_depth", "Messages that wait for RabbitMQ.")),
      oldest_age_(
          metrics.AddGauge("trellis_outbox_oldest_age_seconds", "Age of the oldest of them.")) {}

void OutboxRelay::Start() {
  loops_ = 3;
  asio::co_spawn(executor_, PollLoop(), asio::detached);
  asio::co_spawn(executor_, DeleteLoop(), asio::detached);
  asio::co_spawn(executor_, StatsLoop(), asio::detached);
}

void OutboxRelay::Offer(OutboxRow row) {
  // Found by the poll when the lease has ended.
  if (stopping_ || in_hand_ >= options_.max_in_hand) return;
  ++in_hand_;
  asio::co_spawn(executor_, Publish(std::move(row)), asio::detached);
}

asio::awaitable<void> OutboxRelay::Publish(OutboxRow row) {
  // Not to the lease's end: whoever claims the row then shall not race with us.
  const Deadline deadline = Deadline::After(options_.lease * 3 / 4);
  amqp::Message message = MessageOf(row);
  const absl::Status status = co_await publisher_.Publish(std::move(message), deadline);
  --in_hand_;
  if (status.ok()) {
    base::HitFailpoint("outbox.after-publish");
    confirmed_.Increment();
    const std::chrono::duration<double> lag = std::chrono::steady_clock::now() - row.written_at;
    lag_.Observe(lag.count());
    published_.push_back(row.id);
    wake_.cancel();
    co_return;
  }
  failed_.Increment();
  if (status.code() == absl::StatusCode::kNotFound) {
    telemetry::Log(telemetry::Level::kError, "RabbitMQ has no queue for the order",
                   {{"order", row.order_id}, {"error", base::MessageOf(status)}});
  }
}

asio::awaitable<void> OutboxRelay::PollLoop() {
  while (!stopping_) {
    const int room = static_cast<int>(options_.max_in_hand - in_hand_);
    const int limit = std::min(kClaimAtMost, room);
    auto rows = co_await store_.ClaimOutbox(limit, options_.lease, Deadline::After(kStoreTimeout));
    const bool more = rows.ok() && static_cast<int>(rows->size()) == limit && limit > 0;
    if (rows.ok()) {
      reclaimed_.Increment(static_cast<double>(rows->size()));
      for (OutboxRow& row : *rows) Offer(std::move(row));
    }
    if (!more) co_await base::Sleep(options_.poll);
  }
  --loops_;
}

asio::awaitable<void> OutboxRelay::DeleteLoop() {
  while (!stopping_ || in_hand_ > 0 || !published_.empty()) {
    if (published_.empty()) {
      wake_.expires_after(options_.poll);
      boost::system::error_code ignored;
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      continue;
    }
    if (!stopping_) co_await base::Sleep(options_.gather);
    std::vector<int64_t> ids;
    ids.swap(published_);
    const absl::Status status = co_await store_.DeleteOutbox(ids, Deadline::After(kStoreTimeout));
    if (status.ok()) continue;
    // Published again unless this succeeds before the lease ends; the processor notices.
    published_.insert(published_.end(), ids.begin(), ids.end());
    co_await base::Sleep(kErrorPause);
  }
  --loops_;
}

asio::awaitable<void> OutboxRelay::StatsLoop() {
  while (!stopping_) {
    const auto stats = co_await store_.GetOutboxStats(Deadline::After(kStoreTimeout));
    if (stats.ok()) {
      depth_.Set(static_cast<double>(stats->depth));
      oldest_age_.Set(static_cast<double>(stats->oldest_age.count()) / 1000);
    }
    co_await base::Sleep(kStatsPeriod);
  }
  --loops_;
}

asio::awaitable<bool> OutboxRelay::Stop(Deadline deadline) {
  stopping_ = true;
  wake_.cancel();
  while (loops_ > 0 && !deadline.Expired()) co_await base::Sleep(milliseconds(10));
  co_return loops_ == 0;
}

}  // namespace trellis::order
