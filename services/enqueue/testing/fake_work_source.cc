#include "services/enqueue/testing/fake_work_source.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trellis::enqueue::testing {

namespace {
absl::Status Away() { return base::MakeStatus(absl::StatusCode::kUnavailable, "away"); }
}  // namespace

void FakeWorkSource::Add(const std::string& id, int max_attempts) {
  ClaimedJob job;
  job.ref.id = id;
  job.message = "message of " + id;
  job.max_attempts = max_attempts;
  ready.push_back(job);
}

Async<ClaimedBatch> FakeWorkSource::Claim(int want, int /*holds*/, int64_t bytes,
                                          base::Deadline /*deadline*/) {
  if (away) co_return Away();
  if (!has_lease) {
    co_return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "no lease");
  }
  ClaimedBatch batch;
  while (want-- > 0 && !ready.empty()) {
    bytes -= static_cast<int64_t>(ready.front().message.size());
    if (bytes < 0 && !batch.jobs.empty()) break;
    held[ready.front().ref.id] = ready.front();
    batch.jobs.push_back(std::move(ready.front()));
    ready.pop_front();
  }
  most_held = std::max(most_held, static_cast<int>(held.size()));
  // The answer is on its way for a moment.
  claiming = true;
  boost::asio::steady_timer way(co_await boost::asio::this_coro::executor, milliseconds(2));
  co_await way.async_wait(boost::asio::use_awaitable);
  claiming = false;
  if (!batch.jobs.empty() && lost_claims > 0) {
    --lost_claims;
    co_return Away();
  }
  co_return batch;
}

boost::asio::awaitable<void> FakeWorkSource::AwaitWork(milliseconds patience) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  std::min(patience, milliseconds(1)));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

Async<std::vector<std::string>> FakeWorkSource::Complete(const std::vector<ClaimRef>& jobs,
                                                         base::Deadline /*deadline*/) {
  if (away) co_return Away();
  std::vector<std::string> fenced;
  for (const ClaimRef& job : jobs) {
    if (held.erase(job.id) == 0) {
      fenced.push_back(job.id);
    } else {
      completed.push_back(job.id);
    }
  }
  co_return fenced;
}

Async<bool> FakeWorkSource::Fail(const ClaimedJob& job, std::string /*reason*/, milliseconds delay,
                                 base::Deadline /*deadline*/) {
  if (away) co_return Away();
  ClaimedJob again = job;
  held.erase(job.ref.id);
  failed.push_back(job.ref.id);
  delays.push_back(delay);
  if (++again.attempts >= job.max_attempts) {
    dead.push_back(job.ref.id);
    co_return true;
  }
  ready.push_back(again);
  co_return false;
}

boost::asio::awaitable<absl::Status> FakeWorkSource::Release(const std::vector<ClaimRef>& jobs,
                                                             base::Deadline /*deadline*/) {
  if (away) co_return Away();
  for (const ClaimRef& job : jobs) {
    released.push_back(job.id);
    ready.push_back(held[job.id]);
    held.erase(job.id);
  }
  co_return absl::OkStatus();
}

Async<TickResult> FakeWorkSource::Tick(base::Deadline /*deadline*/) {
  if (away) co_return Away();
  ++ticks;
  TickResult result;
  result.had_lease = has_lease;
  has_lease = true;
  result.held = static_cast<int>(held.size()) + stale_held;
  co_return result;
}

Async<int> FakeWorkSource::Reconcile(const std::vector<ClaimRef>& known,
                                     base::Deadline /*deadline*/) {
  int lost = 0;
  ++reconciled;
  reconciled_while_claiming = reconciled_while_claiming || claiming;
  for (auto entry = held.begin(); entry != held.end();) {
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&](const ClaimRef& ref) { return ref.id == entry->first; });
    if (is_known) {
      ++entry;
      continue;
    }
    ready.push_back(entry->second);
    entry = held.erase(entry);
    ++lost;
  }
  co_return lost;
}

boost::asio::awaitable<absl::Status> FakeWorkSource::Leave(base::Deadline /*deadline*/) {
  left = true;
  co_return absl::OkStatus();
}

}  // namespace trellis::enqueue::testing
