#ifndef SERVICES_ORDER_OUTBOX_RELAY_H_
#define SERVICES_ORDER_OUTBOX_RELAY_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "mesh/amqp/client.h"
#include "mesh/telemetry/metrics.h"
#include "services/order/order_store.h"

namespace trellis::order {

struct RelayOptions {
  // Who has a row publishes it within this time, or another does.
  base::milliseconds lease{3000};
  base::milliseconds poll{200};
  // What is published gathers so long for one deletion; who dies meanwhile has it published again.
  base::milliseconds gather{20};
  size_t max_in_hand = 10'000;
};

// Brings the outbox to RabbitMQ: rows that the service has just written come by Offer and need no
// further look at Postgres; those of a process that died, or that could not be published, are found
// by polling once their lease has ended. Deletes a row only after the broker's confirm, so that a
// message may be published twice but is never lost. Belongs to the executor's reactor; the ports
// must outlive it.
class OutboxRelay {
 public:
  OutboxRelay(boost::asio::any_io_executor executor, OrderStore& store, amqp::Publisher& publisher,
              telemetry::Metrics& metrics, RelayOptions options = {});

  void Start();
  // Takes a row that was written with our lease.
  void Offer(OutboxRow row);
  // Until what is in hand is published and deleted, or the deadline. The rest is found later by
  // another relay. False when coroutines are still running.
  boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  boost::asio::awaitable<void> PollLoop();
  boost::asio::awaitable<void> DeleteLoop();
  boost::asio::awaitable<void> StatsLoop();
  boost::asio::awaitable<void> Publish(OutboxRow row);

  const boost::asio::any_io_executor executor_;
  OrderStore& store_;
  amqp::Publisher& publisher_;
  const RelayOptions options_;
  size_t in_hand_ = 0;  // being published
  std::vector<int64_t> published_;
  boost::asio::steady_timer wake_;  // cancelled when there is something to delete
  bool stopping_ = false;
  int loops_ = 0;
  telemetry::Counter& confirmed_;
  telemetry::Counter& failed_;
  telemetry::Counter& reclaimed_;
  telemetry::Histogram& lag_;
  telemetry::Gauge& depth_;
  telemetry::Gauge& oldest_age_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_OUTBOX_RELAY_H_
