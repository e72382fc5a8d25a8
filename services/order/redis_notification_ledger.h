#ifndef SERVICES_ORDER_REDIS_NOTIFICATION_LEDGER_H_
#define SERVICES_ORDER_REDIS_NOTIFICATION_LEDGER_H_

#include "mesh/base/batcher.h"
#include "mesh/redis/client.h"
#include "services/order/notification_ledger.h"

namespace trellis::order {

// NotificationLedger on one Redis: notification:<order>, a hash with the status, and notifications,
// a hash with the totals. Each call is one script for all who ask at a time; errors also as of
// base::Batcher. Holds a reference; belongs to the client's reactor.
class RedisNotificationLedger final : public NotificationLedger {
 public:
  // `lease`: how long a claim keeps others off.
  RedisNotificationLedger(redis::Client& client, base::milliseconds lease);

  Async<NotificationClaim> Claim(std::string order_id, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> RecordSent(std::string order_id,
                                                  base::Deadline deadline) override;
  Async<NotificationTotals> Totals(base::Deadline deadline) override;

 private:
  using Ids = std::vector<std::string>;
  struct Claimed {  // one order
    absl::StatusOr<NotificationClaim> claim;
  };
  struct Recorded {
    absl::Status status;
  };

  Async<std::vector<Claimed>> ClaimAll(const Ids& orders, base::Deadline deadline);
  Async<std::vector<Recorded>> RecordAll(const Ids& orders, base::Deadline deadline);

  redis::Client& client_;
  const base::milliseconds lease_;
  base::Batcher<std::string, Claimed> claiming_;
  base::Batcher<std::string, Recorded> recording_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_REDIS_NOTIFICATION_LEDGER_H_
