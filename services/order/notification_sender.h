#ifndef SERVICES_ORDER_NOTIFICATION_SENDER_H_
#define SERVICES_ORDER_NOTIFICATION_SENDER_H_

#include "mesh/amqp/client.h"
#include "mesh/telemetry/metrics.h"
#include "services/order/notification_ledger.h"
#include "services/order/notifier.h"
#include "services/order/order_store.h"

namespace trellis::order {

// Tells the customer what became of an order, once: claims the notification, sends it, writes down
// that it was sent. Where a crash leaves it open whether it was sent, the notifier is told so.
// Belongs to one reactor; references must outlive it.
class NotificationSender {
 public:
  NotificationSender(NotificationLedger& ledger, Notifier& notifier, OrderStore& store,
                     const base::Clock& clock, telemetry::Metrics& metrics);

  // A ConsumerLoop::Handler for notifier.queue.
  [[nodiscard]] boost::asio::awaitable<absl::Status> Handle(const amqp::Message& message);

 private:
  NotificationLedger& ledger_;
  Notifier& notifier_;
  OrderStore& store_;
  const base::Clock& clock_;
  telemetry::Counter& sent_;
  telemetry::Counter& sent_before_;
  telemetry::Counter& outcome_unknown_;
  telemetry::Counter& failed_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_NOTIFICATION_SENDER_H_
