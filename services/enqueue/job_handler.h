#ifndef SERVICES_ENQUEUE_JOB_HANDLER_H_
#define SERVICES_ENQUEUE_JOB_HANDLER_H_

#include <boost/asio/awaitable.hpp>

#include "mesh/base/status.h"
#include "services/enqueue/job.h"

namespace trellis::enqueue {

// What is done with a job: the port that a user of the queue implements. Called on the worker's
// reactor, for many jobs at a time; must suspend, not block. OK: the effect is durable and the job
// is forgotten. UNAVAILABLE: the handler cannot work at all just now; the job is given back and
// does not count as failed. Anything else: the run failed and the job is tried again later. Because
// delivery is at least once, the effect of a job.redelivered may be there already.
class JobHandler {
 public:
  virtual ~JobHandler() = default;
  virtual boost::asio::awaitable<absl::Status> Handle(const ClaimedJob& job) = 0;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_JOB_HANDLER_H_
