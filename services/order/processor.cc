#include "services/order/processor.h"

#include "mesh/base/failpoint.h"
#include "services/order/order_message.h"
#include "services/order/topology.h"

namespace trellis::order {

using base::Deadline;
using base::milliseconds;

namespace {

constexpr milliseconds kTimeout{3000};

telemetry::Counter& Reservations(telemetry::Metrics& metrics, const char* outcome) {
  return metrics.AddCounter("trellis_reservations_total",
                            "Orders that were processed, by what was decided.",
                            {{"outcome", outcome}});
}

}  // namespace

Processor::Processor(Stock& stock, OrderStore& store, amqp::Publisher& publisher,
                     telemetry::Metrics& metrics)
    : stock_(stock),
      store_(store),
      publisher_(publisher),
      reserved_(Reservations(metrics, "reserved")),
      rejected_(Reservations(metrics, "rejected")),
      cancelled_(Reservations(metrics, "cancelled")),
      unknown_order_(Reservations(metrics, "unknown_order")) {}

boost::asio::awaitable<absl::Status> Processor::Handle(const amqp::Message& message) {
  const absl::StatusOr<OrderMessage> order = DecodeOrderMessage(message.body);
  if (!order.ok()) co_return order.status();
  const absl::StatusOr<Reservation> reservation =
      co_await stock_.Reserve(order->id, order->sku, order->qty, Deadline::After(kTimeout));
  if (!reservation.ok()) co_return reservation.status();
  base::HitFailpoint("order.after-reserve");
  if (reservation->state == Status::kCancelled) {
    cancelled_.Increment();
    co_return absl::OkStatus();
  }

  const bool rejected = reservation->state == Status::kRejected;
  absl::Status stored;
  if (rejected) {
    stored = co_await store_.SetRejected(order->id, reservation->reason, reservation->time,
                                         Deadline::After(kTimeout));
  } else {
    stored = co_await store_.SetReserved(order->id, reservation->time, Deadline::After(kTimeout));
  }
  if (absl::IsNotFound(stored)) {
    // Nobody has placed this order with us: what it took goes back, and a person may look at it.
    const absl::StatusOr<Release> released =
        co_await stock_.Cancel(order->id, order->sku, Deadline::After(kTimeout));
    if (!released.ok()) co_return released.status();
    unknown_order_.Increment();
    co_return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                               "there is no order '" + order->id + "'");
  }
  if (!stored.ok()) co_return stored;

  amqp::Message event;
  event.exchange = kEventsExchange;
  event.routing_key = rejected ? kRejectedKey : kCreatedKey;
  event.message_id = event.routing_key + ":" + order->id;
  event.headers = message.headers;
  event.headers.erase("x-attempt");
  event.body = EncodeOrderEvent({*order, reservation->reason});
  absl::Status published = co_await publisher_.Publish(std::move(event), Deadline::After(kTimeout));
  base::HitFailpoint("order.after-event-before-ack");
  if (published.ok()) (rejected ? rejected_ : reserved_).Increment();
  co_return published;
}

}  // namespace trellis::order
