#include "services/order/notification_sender.h"

#include "mesh/base/failpoint.h"
#include "mesh/base/sleep.h"
#include "services/order/order_message.h"

namespace trellis::order {

using base::Deadline;
using base::milliseconds;

namespace {

constexpr milliseconds kTimeout{3000};

telemetry::Counter& Notifications(telemetry::Metrics& metrics, const char* outcome) {
  return metrics.AddCounter("trellis_notifications_total", "Notifications, by outcome.",
                            {{"outcome", outcome}});
}

std::string TextOf(const OrderEvent& event) {
  const std::string what = std::to_string(event.order.qty) + " x " + event.order.sku;
  if (event.reason.empty()) return "your order is on its way: " + what;
  return "your order was rejected: " + what + ", " + event.reason;
}

}  // namespace

NotificationSender::NotificationSender(NotificationLedger& ledger, Notifier& notifier,
                                       OrderStore& store, const base::Clock& clock,
                                       telemetry::Metrics& metrics)
    : ledger_(ledger),
      notifier_(notifier),
      store_(store),
      clock_(clock),
      sent_(Notifications(metrics, "sent")),
      sent_before_(Notifications(metrics, "sent_before")),
      outcome_unknown_(Notifications(metrics, "outcome_unknown")),
      failed_(Notifications(metrics, "failed")) {}

boost::asio::awaitable<absl::Status> NotificationSender::Handle(const amqp::Message& message) {
  const absl::StatusOr<OrderEvent> event = DecodeOrderEvent(message.body);
  if (!event.ok()) co_return event.status();
  const std::string& id = event->order.id;
  const absl::StatusOr<NotificationClaim> claim =
      co_await ledger_.Claim(id, Deadline::After(kTimeout));
  if (!claim.ok()) co_return claim.status();
  base::HitFailpoint("order.after-claim");
  if (claim->outcome == NotificationClaim::Outcome::kBusy) {
    // Another has it in hand, or died with it: this comes again when the lease has ended.
    co_await base::Sleep(claim->busy_for);
    co_return base::MakeStatus(absl::StatusCode::kUnavailable, "another sends the notification");
  }
  if (claim->outcome == NotificationClaim::Outcome::kSent) {
    sent_before_.Increment();
  } else {
    if (claim->outcome_unknown) outcome_unknown_.Increment();
    const Notification notification{id, TextOf(*event), claim->outcome_unknown};
    const absl::Status sent = co_await notifier_.Send(notification);
    if (!sent.ok()) {
      failed_.Increment();
      co_return sent;
    }
    base::HitFailpoint("order.after-send");
    const absl::Status recorded = co_await ledger_.RecordSent(id, Deadline::After(kTimeout));
    if (!recorded.ok()) co_return recorded;
    sent_.Increment();
  }
  absl::Status stored =
      co_await store_.SetNotified(id, clock_.WallNow(), Deadline::After(kTimeout));
  base::HitFailpoint("order.after-notified-before-ack");
  co_return stored;
}

}  // namespace trellis::order
