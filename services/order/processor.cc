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

absl::Status NoSuchOrder(const std::string& id) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "there is no order '" + id + "'");
}

}  // namespace

Processor::Processor(AcceptedOrders& accepted, Stock& stock, OrderStore& store,
                     amqp::Publisher& publisher, telemetry::Metrics& metrics)
    : accepted_(accepted),
      stock_(stock),
      store_(store),
      publisher_(publisher),
      reserved_(Reservations(metrics, "reserved")),
      rejected_(Reservations(metrics, "rejected")),
      cancelled_(Reservations(metrics, "cancelled")),
      unknown_order_(Reservations(metrics, "unknown_order")) {}

boost::asio::awaitable<absl::Status> Processor::Handle(const amqp::Message& message) {
  const absl::StatusOr<OrderMessage> order = DecodeOrderMessage(message.body);
  if (!order.ok()) co_return order.status();
  // Anybody can publish: a message is believed when it says what was accepted. Asked first, since
  // what Redis once decides under an id it decides for every later order of this id.
  const absl::StatusOr<AcceptedOrder> accepted =
      co_await accepted_.Find(order->id, Deadline::After(kTimeout));
  if (absl::IsNotFound(accepted.status())) {
    unknown_order_.Increment();
    co_return NoSuchOrder(order->id);
  }
  if (!accepted.ok()) co_return accepted.status();
  if (accepted->sku != order->sku || accepted->qty != order->qty) {
    co_return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                               "order '" + order->id + "' is for other articles");
  }
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
  // Deleted by hand in between; `order reconcile` finds what it took.
  if (absl::IsNotFound(stored)) co_return NoSuchOrder(order->id);
  if (!stored.ok()) co_return stored;

  amqp::Message event;
  event.exchange = kEventsExchange;
  event.routing_key = rejected ? kRejectedKey : kCreatedKey;
  event.message_id = event.routing_key + ":" + order->id;
  event.headers = message.headers;
  event.headers.erase(kAttemptHeader);
  event.body = EncodeOrderEvent({*order, reservation->reason});
  absl::Status published = co_await publisher_.Publish(std::move(event), Deadline::After(kTimeout));
  base::HitFailpoint("order.after-event-before-ack");
  if (absl::IsNotFound(published)) {
    // The notifier declares its queue when it is back.
    co_return base::MakeStatus(absl::StatusCode::kUnavailable,
                               "RabbitMQ has no queue for the event of order '" + order->id +
                                   "': " + base::MessageOf(published));
  }
  if (published.ok()) (rejected ? rejected_ : reserved_).Increment();
  co_return published;
}

}  // namespace trellis::order
