#ifndef SERVICES_ENQUEUE_WORK_SOURCE_H_
#define SERVICES_ENQUEUE_WORK_SOURCE_H_

#include "services/enqueue/job_queue.h"

namespace trellis::enqueue {

// What a heartbeat finds.
struct TickResult {
  bool had_lease = true;  // false: what this worker held has been given to others
  int held = 0;           // jobs that the source thinks this worker holds
  int taken_over = 0;     // jobs of dead workers that are ready again
  int died = 0;           // jobs that killed their worker too often
};

// The port through which a worker takes jobs of one queue and says what became of them. Belongs to
// one reactor. Delivery is at least once: a job that is neither completed, failed nor released is
// given to another worker when this one's lease ends. Errors as with JobQueue.
class WorkSource {
 public:
  virtual ~WorkSource() = default;

  // Up to `want` jobs (1-1,000), maybe none, at once. `holds`: how many the worker holds by now.
  // `bytes`: how much their messages may be together, but for the first.
  // FAILED_PRECONDITION: there is no lease; tick first.
  virtual Async<ClaimedBatch> Claim(int want, int holds, int64_t bytes,
                                    base::Deadline deadline) = 0;
  // Returns within `patience`, earlier when a job may be ready.
  virtual boost::asio::awaitable<void> AwaitWork(milliseconds patience) = 0;
  // The ids that are no longer this worker's. Repeating it is safe.
  virtual Async<std::vector<std::string>> Complete(const std::vector<ClaimRef>& jobs,
                                                   base::Deadline deadline) = 0;
  // True: dead now; false: will run again after `delay`. ABORTED: no longer this worker's.
  virtual Async<bool> Fail(const ClaimedJob& job, std::string reason, milliseconds delay,
                           base::Deadline deadline) = 0;
  // Gives jobs back that were not done.
  virtual boost::asio::awaitable<absl::Status> Release(const std::vector<ClaimRef>& jobs,
                                                       base::Deadline deadline) = 0;
  // Renews the lease; makes due jobs ready; takes over from workers that are gone.
  virtual Async<TickResult> Tick(base::Deadline deadline) = 0;
  // `known`: all that the worker knows it holds; gives the rest back. Needed after a claim whose
  // answer was lost. How many it were.
  virtual Async<int> Reconcile(const std::vector<ClaimRef>& known, base::Deadline deadline) = 0;
  // Ends the lease, when nothing is held any more.
  virtual boost::asio::awaitable<absl::Status> Leave(base::Deadline deadline) = 0;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_WORK_SOURCE_H_
