#ifndef SERVICES_ENQUEUE_SEED_WORK_SOURCE_H_
#define SERVICES_ENQUEUE_SEED_WORK_SOURCE_H_

#include "mesh/redis/client.h"
#include "services/enqueue/work_source.h"

namespace trellis::enqueue {

// The way of the system that Trellis re-creates: BRPOP, and the job is gone from Redis. A worker
// that dies loses what it holds, and a failed job is lost. Kept as the negative control of the
// experiments; at most once. Holds a reference to a blocking connection.
class SeedWorkSource final : public WorkSource {
 public:
  SeedWorkSource(redis::Client& blocking, std::string queue)
      : blocking_(blocking), queue_(std::move(queue)) {}

  // One job; waits up to 5 s for it.
  Async<ClaimedBatch> Claim(int want, int holds, int64_t bytes, base::Deadline deadline) override;
  boost::asio::awaitable<void> AwaitWork(milliseconds patience) override;
  Async<std::vector<std::string>> Complete(const std::vector<ClaimRef>& jobs,
                                           base::Deadline deadline) override;
  Async<bool> Fail(const ClaimedJob& job, std::string reason, milliseconds delay,
                   base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Release(const std::vector<ClaimRef>& jobs,
                                               base::Deadline deadline) override;
  Async<TickResult> Tick(base::Deadline deadline) override;
  Async<int> Reconcile(const std::vector<ClaimRef>& known, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Leave(base::Deadline deadline) override;

 private:
  redis::Client& blocking_;
  const std::string queue_;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_SEED_WORK_SOURCE_H_
