#include "services/order/testing/fake_notifications.h"

namespace trellis::order::testing {

Async<NotificationClaim> FakeNotificationLedger::Claim(std::string order_id,
                                                       base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Claim", order_id);
  if (!status.ok()) co_return status;
  NotificationClaim claim;
  if (busy_for.count() > 0) {
    claim.outcome = NotificationClaim::Outcome::kBusy;
    claim.busy_for = busy_for;
    co_return claim;
  }
  Entry& entry = entries_[order_id];
  if (entry.sent) {
    claim.outcome = NotificationClaim::Outcome::kSent;
    co_return claim;
  }
  claim.outcome_unknown = entry.attempts > 0;
  claim.attempt = ++entry.attempts;
  co_return claim;
}

boost::asio::awaitable<absl::Status> FakeNotificationLedger::RecordSent(
    std::string order_id, base::Deadline /*deadline*/) {
  absl::Status status = calls_.Enter("RecordSent", order_id);
  if (status.ok()) entries_[order_id].sent = true;
  co_return status;
}

Async<NotificationTotals> FakeNotificationLedger::Totals(base::Deadline /*deadline*/) {
  const absl::Status status = calls_.Enter("Totals");
  if (!status.ok()) co_return status;
  NotificationTotals totals;
  for (const auto& [id, entry] : entries_) ++(entry.sent ? totals.sent : totals.claimed);
  co_return totals;
}

boost::asio::awaitable<absl::Status> FakeNotifier::Send(const Notification& notification) {
  absl::Status status = calls_.Enter("Send", notification.order_id);
  if (status.ok()) sent.push_back(notification);
  co_return status;
}

}  // namespace trellis::order::testing
