#ifndef SERVICES_ENQUEUE_TESTING_FAKE_WORK_SOURCE_H_
#define SERVICES_ENQUEUE_TESTING_FAKE_WORK_SOURCE_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "services/enqueue/work_source.h"

namespace trellis::enqueue::testing {

// A WorkSource in memory, with faults on demand. Single-threaded.
class FakeWorkSource final : public WorkSource {
 public:
  void Add(const std::string& id, int max_attempts = kDefaultMaxAttempts);

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

  // While true every call fails with UNAVAILABLE and does nothing.
  bool away = false;
  // That many of the next claims take their jobs, but their answer is lost.
  int lost_claims = 0;
  bool has_lease = true;
  // Ticks answer with a count that was true a moment ago.
  int stale_held = 0;
  int reconciled = 0;
  bool claiming = false;
  bool reconciled_while_claiming = false;

  std::deque<ClaimedJob> ready;
  std::map<std::string, ClaimedJob> held;
  std::vector<std::string> completed, failed, dead, released;
  std::vector<milliseconds> delays;
  int most_held = 0;
  int ticks = 0;
  bool left = false;
};

}  // namespace trellis::enqueue::testing

#endif  // SERVICES_ENQUEUE_TESTING_FAKE_WORK_SOURCE_H_
