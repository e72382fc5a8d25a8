#ifndef SERVICES_ENQUEUE_QUEUE_MONITOR_H_
#define SERVICES_ENQUEUE_QUEUE_MONITOR_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

#include "mesh/telemetry/metrics.h"
#include "services/enqueue/job_queue.h"

namespace trellis::enqueue {

// Puts the counts of one queue into the metrics, every two seconds: trellis_queue_jobs by state,
// trellis_queue_oldest_age_seconds, _workers, _paused. They are NaN while they are not known, so
// that nobody takes old counts for new ones. Belongs to the executor's reactor, which ends it; the
// queue and the metrics must outlive that.
class QueueMonitor {
 public:
  QueueMonitor(boost::asio::any_io_executor executor, JobQueue& queue, std::string name,
               telemetry::Metrics& metrics, milliseconds period = milliseconds(2000));
  QueueMonitor(const QueueMonitor&) = delete;
  QueueMonitor& operator=(const QueueMonitor&) = delete;

  // Looks from now on, in a coroutine of its own. From any thread.
  void Start();

 private:
  boost::asio::awaitable<void> Run();
  void Show(const absl::StatusOr<QueueStats>& stats);

  const boost::asio::any_io_executor executor_;
  JobQueue& queue_;
  const std::string name_;
  const milliseconds period_;
  telemetry::Gauge &ready_, &scheduled_, &in_flight_, &retrying_, &dead_;
  telemetry::Gauge &oldest_age_, &workers_, &paused_;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_QUEUE_MONITOR_H_
