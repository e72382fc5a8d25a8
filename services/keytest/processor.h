#ifndef SERVICES_KEYTEST_PROCESSOR_H_
#define SERVICES_KEYTEST_PROCESSOR_H_

#include <boost/asio/any_io_executor.hpp>
#include <vector>

#include "services/keytest/consumer_metrics.h"
#include "services/keytest/deadline_board.h"
#include "services/keytest/event_stream.h"
#include "services/keytest/expiry_handler.h"
#include "services/keytest/wakeup.h"

namespace trellis::keytest {

struct ProcessorOptions {
  int batch = 256;        // deliveries taken at a time
  int max_under_way = 4;  // batches in hand; what comes meanwhile makes the next ones larger
  base::milliseconds retry_delay{200};  // before what failed is given back
  base::milliseconds call_timeout{2000};
};

// Takes deliveries, calls the handler, records the effect and only then acks: whatever dies in
// between, the event comes again, and the record makes the effect one. What the handler fails for
// kMaxAttempts times goes to the dead-letter queue and is buried. While the record, the broker or
// what the handler needs is away, deliveries stay in hand; that costs no attempt.
//
// Belongs to the executor's reactor; references must outlive it.
class Processor {
 public:
  Processor(boost::asio::any_io_executor executor, EventStream& stream, DeadlineBoard& board,
            ExpiryHandler& handler, ConsumerMetrics& metrics, ProcessorOptions options = {});
  void Start();
  // The stream must have been told to stop. Waits for what is in hand until the deadline; what is
  // not acked then comes again. False when it still runs.
  [[nodiscard]] boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  boost::asio::awaitable<void> Loop();
  boost::asio::awaitable<void> Finish(std::vector<Delivery> deliveries);
  // Gives those back for which the handler lacks what it needs.
  boost::asio::awaitable<std::vector<Delivery>> FinishButThoseAway(
      std::vector<Delivery> deliveries);
  boost::asio::awaitable<std::vector<absl::Status>> Handle(const std::vector<Event>& events);
  // Records those of one run and acks them.
  boost::asio::awaitable<void> Record(std::vector<Delivery> deliveries);
  boost::asio::awaitable<void> Retry(Delivery delivery);
  boost::asio::awaitable<void> Bury(std::vector<Delivery> deliveries);

  const boost::asio::any_io_executor executor_;
  EventStream& stream_;
  DeadlineBoard& board_;
  ExpiryHandler& handler_;
  ConsumerMetrics& metrics_;
  const ProcessorOptions options_;
  Wakeup room_;
  int under_way_ = 0;
  int waiting_ = 0;             // for another attempt
  bool handler_waits_ = false;  // has been said
  bool running_ = false;
  bool stopping_ = false;
  bool gave_up_ = false;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_PROCESSOR_H_
