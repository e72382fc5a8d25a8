#ifndef SERVICES_ORDER_HOUSEKEEPER_H_
#define SERVICES_ORDER_HOUSEKEEPER_H_

#include <boost/asio/any_io_executor.hpp>

#include "mesh/base/periodic.h"
#include "mesh/telemetry/metrics.h"
#include "services/order/cancelling.h"
#include "services/order/idempotency_keys.h"

namespace trellis::order {

struct HousekeepingOptions {
  // A cancellation that is older than this and not done is completed: its process may have died.
  base::milliseconds cancel_grace{3000};
  base::milliseconds cancel_poll{1000};
  // How long an idempotency key is good for, at least.
  base::milliseconds key_lifetime = std::chrono::hours(24);
  base::milliseconds purge_period{60'000};
  int purge_batch = 1000;
};

// What the service does beside its calls: completes cancellations that a process left when it died,
// and forgets old idempotency keys, a bounded batch with each query. Any number of processes may do
// it at the same time. Belongs to the executor's reactor; the ports must outlive it.
class Housekeeper {
 public:
  Housekeeper(boost::asio::any_io_executor executor, CancelIntents& intents, Cancelling& cancelling,
              IdempotencyKeys& keys, telemetry::Metrics& metrics, HousekeepingOptions options);

  void Start();
  // False when one of them is still at work at the deadline.
  boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  boost::asio::awaitable<bool> CompleteCancels();
  // A batch; true when there may be more.
  boost::asio::awaitable<bool> Purge();

  CancelIntents& intents_;
  Cancelling& cancelling_;
  IdempotencyKeys& keys_;
  const HousekeepingOptions options_;
  bool stopping_ = false;
  telemetry::Counter& completed_;
  telemetry::Counter& purged_;
  base::Periodic cancels_;
  base::Periodic purges_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_HOUSEKEEPER_H_
