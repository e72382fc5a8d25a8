#ifndef SERVICES_KEYTEST_SWEEPER_H_
#define SERVICES_KEYTEST_SWEEPER_H_

#include <boost/asio/any_io_executor.hpp>
#include <vector>

#include "services/keytest/consumer_metrics.h"
#include "services/keytest/deadline_board.h"
#include "services/keytest/event_stream.h"
#include "services/keytest/wakeup.h"

namespace trellis::keytest {

struct SweeperOptions {
  int batch = 256;        // keys in one claim
  int max_under_way = 8;  // batches that are being published
  // Between two claims, unless there is more than a batch: what comes due meanwhile goes together.
  base::milliseconds shortest{3};
  base::milliseconds pending{10};  // longest pause while a key is pending
  base::milliseconds idle{100};    // while none is
  base::milliseconds claim_timeout{1000};
  // Less than the claim's visibility: later its keys are somebody else's.
  base::milliseconds publish_timeout{1500};
  // Looks for nothing by itself, only when it is woken. Keys are missed so; for comparison.
  bool only_when_woken = false;
};

// Claims the keys whose time has come and publishes them: that a key fires depends on this loop, in
// any one of the processes, and on nothing else. Expired events merely wake it. While the broker is
// away it claims nothing, so that all is due at once when it is back.
//
// Belongs to the executor's reactor; references must outlive it.
class Sweeper {
 public:
  Sweeper(boost::asio::any_io_executor executor, DeadlineBoard& board, EventStream& stream,
          ConsumerMetrics& metrics, SweeperOptions options = {});
  void Start();
  // Something has expired, or may have been missed. Only a sweeper that knows of no pending key
  // gains by it: else it knows when the next one is due.
  void Wake();
  // Claims nothing more; true when what was claimed is published before the deadline.
  [[nodiscard]] boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  boost::asio::awaitable<void> Loop();
  // One claim; how long to wait before the next.
  boost::asio::awaitable<base::milliseconds> Sweep();
  boost::asio::awaitable<void> Publish(std::vector<Event> events);
  boost::asio::awaitable<void> GiveUp(std::vector<Event> events);
  void Report(const absl::Status& status);

  const boost::asio::any_io_executor executor_;
  DeadlineBoard& board_;
  EventStream& stream_;
  ConsumerMetrics& metrics_;
  const SweeperOptions options_;
  Wakeup wakeup_;
  Wakeup room_;
  int under_way_ = 0;
  bool knows_of_none_ = true;
  bool away_ = false;
  bool running_ = false;
  bool stopping_ = false;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_SWEEPER_H_
