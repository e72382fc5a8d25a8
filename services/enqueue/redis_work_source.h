#ifndef SERVICES_ENQUEUE_REDIS_WORK_SOURCE_H_
#define SERVICES_ENQUEUE_REDIS_WORK_SOURCE_H_

#include <map>
#include <string>

#include "mesh/redis/connection.h"
#include "mesh/redis/script.h"
#include "services/enqueue/work_source.h"

namespace trellis::enqueue {

struct WorkSourceOptions {
  std::string queue = "messages";
  std::string worker = {};  // unique among all workers
  // How long a silent worker keeps its jobs.
  milliseconds lease{2000};
  // How long a worker whose connection is gone keeps them: time to connect again.
  milliseconds reconnect_grace{300};
};

// WorkSource on one Redis, under a lease of the whole worker: Tick() renews it and takes over from
// workers whose lease has ended, or sooner from those whose connection Redis no longer has, which
// is at once after a kill -9. Whoever could not give a sign of life is not taken for dead: nobody
// is taken over from for one lease after Redis was started again, after half a lease without a
// heartbeat of anybody (Redis was away, or the machine stood still), or by a worker that had to
// reconnect. `commands` is shared with nobody else's lease; `blocking` is for AwaitWork alone. Both
// connections must outlive it.
class RedisWorkSource final : public WorkSource {
 public:
  RedisWorkSource(redis::Connection& commands, redis::Connection& blocking,
                  const base::Clock& clock, WorkSourceOptions options)
      : commands_(commands), blocking_(blocking), clock_(clock), options_(std::move(options)) {}

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
  using Clients = std::map<std::string, std::string>;  // worker -> CLIENT ID

  [[nodiscard]] redis::Command Call(const redis::Script& script) const;
  // With token and id of each job.
  [[nodiscard]] redis::Command Call(const redis::Script& script,
                                    const std::vector<ClaimRef>& jobs) const;
  // After each connect: which run of Redis this is.
  boost::asio::awaitable<absl::Status> MeetServer(base::Deadline deadline);
  // Those of `clients` whose connection Redis does not have.
  Async<Clients> FindGone(const Clients& clients, base::Deadline deadline);
  // `now`: when the tick began.
  Async<TickResult> TakeOverGone(const Clients& clients, base::SteadyTime now,
                                 base::Deadline deadline);

  redis::Connection& commands_;
  redis::Connection& blocking_;
  const base::Clock& clock_;
  const WorkSourceOptions options_;
  int vain_wakes_ = 0;  // since jobs were last claimed
  uint64_t generation_ = 0;
  std::string run_id_;
  base::SteadyTime hands_off_until_{};
  std::map<std::string, base::SteadyTime> gone_since_;
};

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_REDIS_WORK_SOURCE_H_
