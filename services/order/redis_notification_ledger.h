#ifndef SERVICES_ORDER_REDIS_NOTIFICATION_LEDGER_H_
#define SERVICES_ORDER_REDIS_NOTIFICATION_LEDGER_H_

#include "mesh/redis/client.h"
#include "services/order/notification_ledger.h"

namespace trellis::order {

// NotificationLedger on one Redis: notification:<order>, a hash with the status, and notifications,
// a hash with the totals. Holds a reference; belongs to the client's reactor.
class RedisNotificationLedger final : public NotificationLedger {
 public:
  // `lease`: how long a claim keeps others off.
  RedisNotificationLedger(redis::Client& client, base::milliseconds lease)
      : client_(client), lease_(lease) {}

  Async<NotificationClaim> Claim(std::string order_id, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> RecordSent(std::string order_id,
                                                  base::Deadline deadline) override;
  Async<NotificationTotals> Totals(base::Deadline deadline) override;

 private:
  redis::Client& client_;
  const base::milliseconds lease_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_REDIS_NOTIFICATION_LEDGER_H_
