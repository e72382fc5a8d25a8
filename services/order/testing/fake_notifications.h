#ifndef SERVICES_ORDER_TESTING_FAKE_NOTIFICATIONS_H_
#define SERVICES_ORDER_TESTING_FAKE_NOTIFICATIONS_H_

#include <map>
#include <string>
#include <vector>

#include "services/order/notification_ledger.h"
#include "services/order/notifier.h"
#include "services/order/testing/calls.h"

namespace trellis::order::testing {

// A NotificationLedger in memory whose leases end at once: who claims again what was claimed and
// not recorded as sent learns that the outcome is unknown. Single-threaded.
class FakeNotificationLedger final : public NotificationLedger {
 public:
  explicit FakeNotificationLedger(Calls& calls) : calls_(calls) {}

  Async<NotificationClaim> Claim(std::string order_id, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> RecordSent(std::string order_id,
                                                  base::Deadline deadline) override;
  Async<NotificationTotals> Totals(base::Deadline deadline) override;

  base::milliseconds busy_for{0};  // unless 0 another has it in hand

 private:
  struct Entry {
    int attempts = 0;
    bool sent = false;
  };

  Calls& calls_;
  std::map<std::string, Entry> entries_;
};

// A Notifier that keeps what it was to send. Single-threaded.
class FakeNotifier final : public Notifier {
 public:
  explicit FakeNotifier(Calls& calls) : calls_(calls) {}
  boost::asio::awaitable<absl::Status> Send(const Notification& notification) override;

  std::vector<Notification> sent;

 private:
  Calls& calls_;
};

}  // namespace trellis::order::testing

#endif  // SERVICES_ORDER_TESTING_FAKE_NOTIFICATIONS_H_
