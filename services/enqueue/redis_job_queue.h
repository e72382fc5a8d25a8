#ifndef SERVICES_ENQUEUE_REDIS_JOB_QUEUE_H_
#define SERVICES_ENQUEUE_REDIS_JOB_QUEUE_H_

#include <set>

#include "mesh/base/retry_budget.h"
#include "mesh/redis/client.h"
#include "mesh/redis/script.h"
#include "services/enqueue/enqueue_batcher.h"
#include "services/enqueue/job_queue.h"

namespace trellis::enqueue {

// JobQueue on one Redis; lua/common.lua says which keys. Each call is one script, so it happens
// wholly or not at all. Reads are tried again for a moment when the connection is lost, within a
// budget that keeps an outage from multiplying them; writes never are. Holds references to the
// client and the clock; belongs to the client's reactor.
class RedisJobQueue final : public JobQueue {
 public:
  // `depth_limit`: ready and scheduled jobs that one queue may hold.
  RedisJobQueue(redis::Client& client, const base::Clock& clock, int64_t depth_limit)
      : client_(client), batcher_(client, clock, depth_limit) {}

  Async<std::vector<EnqueueResult>> Enqueue(std::string queue, std::vector<NewJob> jobs,
                                            base::Deadline deadline) override;
  Async<Job> Get(std::string queue, std::string id, base::Deadline deadline) override;
  Async<JobPage> List(std::string queue, JobState state, int page_size, std::string page_token,
                      base::Deadline deadline) override;
  Async<QueueStats> Stats(std::string queue, base::Deadline deadline) override;
  Async<std::vector<std::string>> Queues(base::Deadline deadline) override;
  Async<int> RetryDead(std::string queue, std::vector<std::string> ids,
                       base::Deadline deadline) override;
  Async<int> PurgeDead(std::string queue, std::vector<std::string> ids,
                       base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> SetPaused(std::string queue, bool paused,
                                                 base::Deadline deadline) override;

 private:
  // Puts the queue on the list of queues, once for each queue and connection of this process.
  boost::asio::awaitable<absl::Status> Register(const std::string& queue, base::Deadline deadline);
  // Runs a script that only reads.
  Async<redis::Reply> Read(const redis::Script& script, redis::Command call,
                           base::Deadline deadline);
  Async<int> OnDead(const char* verb, const std::string& queue, const std::vector<std::string>& ids,
                    base::Deadline deadline);

  redis::Client& client_;
  EnqueueBatcher batcher_;
  base::RetryBudget retries_{10, 0.1};
  std::set<std::string> registered_;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_REDIS_JOB_QUEUE_H_
