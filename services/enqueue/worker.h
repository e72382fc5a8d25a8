#ifndef SERVICES_ENQUEUE_WORKER_H_
#define SERVICES_ENQUEUE_WORKER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

#include "mesh/base/backoff.h"
#include "services/enqueue/job_handler.h"
#include "services/enqueue/work_source.h"
#include "services/enqueue/worker_metrics.h"

namespace trellis::enqueue {

struct WorkerOptions {
  // Jobs in hand at a time, and the bytes of their messages.
  int concurrency = 4000;
  int64_t bytes = 64 << 20;
  milliseconds heartbeat{200};
  // For one exchange with the work source.
  milliseconds call_timeout{1500};
  base::BackoffPolicy retry{milliseconds(1000), milliseconds(10 * 60 * 1000)};
};

// Runs the jobs of one queue: claims them in batches, starts a coroutine for each, completes them
// in batches, keeps the lease. Belongs to the reactor of the given executor, on whose thread alone
// it is used; the ports must outlive it. At least once: see WorkSource.
class Worker {
 public:
  Worker(boost::asio::any_io_executor executor, WorkSource& source, JobHandler& handler,
         WorkerMetrics& metrics, WorkerOptions options);

  // Starts working, in coroutines of its own that run until Stop.
  void Start();

  // Takes no more jobs, waits until those in hand are done or the deadline comes, gives the rest
  // back, ends the lease. False when handlers are still running.
  boost::asio::awaitable<bool> Stop(base::Deadline deadline);

 private:
  // A job stays in one node for as long as it is in hand, so its handler may keep a reference.
  using Jobs = std::list<ClaimedJob>;

  boost::asio::awaitable<void> KeepLease();
  boost::asio::awaitable<void> ClaimLoop();
  // What to wait for before the next claim is decided inside. False on an error.
  boost::asio::awaitable<bool> ClaimOnce();
  boost::asio::awaitable<void> RunJob(Jobs::iterator job);
  boost::asio::awaitable<void> GiveBackUnknown();
  boost::asio::awaitable<void> Settle(Jobs::iterator job, absl::Status outcome);
  boost::asio::awaitable<void> FlushCompleted();
  // Asks the source again and again until it answers or the worker's time is up.
  boost::asio::awaitable<void> CompleteBatch();
  boost::asio::awaitable<void> GiveBack(Jobs::iterator job);
  boost::asio::awaitable<void> Sleep(milliseconds duration);
  // Until a job leaves the hand, or `duration`.
  boost::asio::awaitable<void> AwaitChange(milliseconds duration);
  void Forget(Jobs::iterator job);
  [[nodiscard]] base::Deadline CallDeadline() const;

  boost::asio::any_io_executor executor_;
  WorkSource& source_;
  JobHandler& handler_;
  WorkerMetrics& metrics_;
  const WorkerOptions options_;
  Jobs in_hand_;
  int64_t bytes_in_hand_ = 0;
  size_t unfinished_ = 0;             // jobs in hand and completions not yet recorded
  int loops_ = 0;                     // coroutines that run until Stop
  std::vector<ClaimRef> completed_;   // done, and to be recorded
  std::vector<ClaimRef> completing_;  // being recorded
  bool flushing_ = false;
  bool stopping_ = false;
  bool gave_up_ = false;
  bool handler_away_ = false;
  bool holds_unknown_ = false;  // the source thinks that we hold more than we know of
  boost::asio::steady_timer change_;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_WORKER_H_
