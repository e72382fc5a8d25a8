#ifndef SERVICES_ORDER_CONSUMER_LOOP_H_
#define SERVICES_ORDER_CONSUMER_LOOP_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "mesh/amqp/client.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::order {

struct ConsumerOptions {
  std::string queue;
  // What is in hand at a time; more of them share transactions and acks.
  int concurrency = 256;
  // Passes through the retry queue before a message is dead.
  int max_attempts = 5;
};

// Takes messages of one queue and brings each to an end. The handler, which may be called again for
// a message, decides by its status:
//   OK                                        acked
//   INVALID_ARGUMENT                          to the dead-letter queue: no attempt would be better
//   UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN,  what it needs is away: it is called again with
//   backoff, RESOURCE_EXHAUSTED                        the message stays in hand and no attempt is
//   counted others                                    waits in the retry queue, and is dead after
//                                             max_attempts of these
// A message that was delivered before may be what killed its last consumer. Such suspects run one
// at a time and in random order, so that one that kills takes few others with it, and different
// ones each time, until it has reached the queue's delivery limit. Belongs to the executor's
// reactor; all references must outlive it.
class ConsumerLoop {
 public:
  using Handler = std::function<boost::asio::awaitable<absl::Status>(const amqp::Message&)>;

  ConsumerLoop(boost::asio::any_io_executor executor, amqp::Consumer& consumer,
               amqp::Publisher& publisher, Handler handler, telemetry::Metrics& metrics,
               ConsumerOptions options);
  void Start();
  // Waits for the handlers that run, until the deadline; messages not acked then come again. The
  // consumer must have been told to stop. False when handlers are still running.
  boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  boost::asio::awaitable<void> Lane();
  // Both bring a delivery to its end.
  boost::asio::awaitable<void> Finish(amqp::Delivery delivery);
  boost::asio::awaitable<void> FinishSuspects();
  boost::asio::awaitable<absl::Status> Run(const amqp::Delivery& delivery);
  boost::asio::awaitable<void> Settle(const amqp::Delivery& delivery, absl::Status status);
  // To the retry queue, one attempt older. Until the broker has it.
  boost::asio::awaitable<bool> Postpone(const amqp::Delivery& delivery, int attempt);

  const boost::asio::any_io_executor executor_;
  amqp::Consumer& consumer_;
  amqp::Publisher& publisher_;
  const Handler handler_;
  const ConsumerOptions options_;
  std::vector<amqp::Delivery> suspects_;
  bool suspect_runs_ = false;
  int lanes_ = 0;
  bool stopping_ = false;
  bool gave_up_ = false;
  telemetry::Counter& done_;
  telemetry::Counter& redelivered_;
  telemetry::Counter& retried_;
  telemetry::Counter& dead_;
  telemetry::Counter& waits_;
  telemetry::Histogram& took_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_CONSUMER_LOOP_H_
