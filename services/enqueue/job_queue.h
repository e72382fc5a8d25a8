#ifndef SERVICES_ENQUEUE_JOB_QUEUE_H_
#define SERVICES_ENQUEUE_JOB_QUEUE_H_

#include <boost/asio/awaitable.hpp>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"
#include "services/enqueue/job.h"

namespace trellis::enqueue {

template <typename T>
using Async = boost::asio::awaitable<absl::StatusOr<T>>;

// The port through which the service fills, reads and manages queues. Belongs to one reactor.
// Errors: UNAVAILABLE and DEADLINE_EXCEEDED when the store does not answer (a write may have
// happened), others as said below.
class JobQueue {
 public:
  virtual ~JobQueue() = default;

  // Stores all jobs or none; the results are in the same order. RESOURCE_EXHAUSTED: the queue would
  // grow beyond its depth limit.
  virtual Async<std::vector<EnqueueResult>> Enqueue(std::string queue, std::vector<NewJob> jobs,
                                                    base::Deadline deadline) = 0;
  // NOT_FOUND: no such unfinished job.
  virtual Async<Job> Get(std::string queue, std::string id, base::Deadline deadline) = 0;
  // INVALID_ARGUMENT names page_token when it is not one of ours.
  virtual Async<JobPage> List(std::string queue, JobState state, int page_size,
                              std::string page_token, base::Deadline deadline) = 0;
  virtual Async<QueueStats> Stats(std::string queue, base::Deadline deadline) = 0;
  // By name, at most 1,000.
  virtual Async<std::vector<std::string>> Queues(base::Deadline deadline) = 0;
  // No ids: the first 1,000 of all. How many it were.
  virtual Async<int> RetryDead(std::string queue, std::vector<std::string> ids,
                               base::Deadline deadline) = 0;
  virtual Async<int> PurgeDead(std::string queue, std::vector<std::string> ids,
                               base::Deadline deadline) = 0;
  virtual boost::asio::awaitable<absl::Status> SetPaused(std::string queue, bool paused,
                                                         base::Deadline deadline) = 0;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_JOB_QUEUE_H_
