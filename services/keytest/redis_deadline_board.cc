#include "services/keytest/redis_deadline_board.h"

#include <algorithm>

#include "services/keytest/lua_scripts.h"
#include "services/keytest/run.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

asio::awaitable<absl::StatusOr<Claimed>> RedisDeadlineBoard::Claim(int max, Deadline deadline) {
  redis::Command call = Lua().claim.Call(4);
  call.Arg(kRunKey).Arg(kDeadlinesKey).Arg(kClaimedKey).Arg(kClaimsKey);
  call.Arg(std::min(max, kMaxKeysPerBatch)).Arg(options_.claim_visibility.count());
  call.Arg(options_.max_claimed).Arg(options_.max_publishes);
  const auto reply = co_await Lua().claim.Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  Claimed claimed;
  claimed.next = milliseconds((*reply)[1].Integer());
  claimed.due.reserve(reply->size() / 3);
  const std::string run_id((*reply)[0].Text());
  for (size_t i = 2; i + 2 < reply->size(); i += 3) {
    Event event{run_id, (*reply)[i].Integer(), (*reply)[i + 1].Integer()};
    const bool hopeless = (*reply)[i + 2].Integer() == 1;
    (hopeless ? claimed.hopeless : claimed.due).push_back(std::move(event));
  }
  co_return claimed;
}

asio::awaitable<absl::Status> RedisDeadlineBoard::Confirm(std::vector<Event> published,
                                                          std::vector<Event> failed,
                                                          Deadline deadline) {
  if (published.empty() && failed.empty()) co_return absl::OkStatus();
  redis::Command call = Lua().confirm.Call(3);
  call.Arg(kRunKey).Arg(kClaimedKey).Arg(kClaimsKey);
  call.Arg((published.empty() ? failed : published).front().run_id);
  call.Arg(options_.delivery_visibility.count()).Arg(published.size());
  for (const Event& event : published) call.Arg(event.n);
  for (const Event& event : failed) call.Arg(event.n);
  const auto reply = co_await Lua().confirm.Run(client_, std::move(call), deadline);
  co_return reply.status();
}

asio::awaitable<absl::StatusOr<std::vector<milliseconds>>> RedisDeadlineBoard::Record(
    std::vector<Event> events, Deadline deadline) {
  std::vector<milliseconds> lateness(events.size(), milliseconds(-1));
  if (events.empty()) co_return lateness;
  redis::Command call = Lua().record.Call(6);
  call.Arg(kRunKey).Arg(kDeadlinesKey).Arg(kClaimedKey).Arg(kClaimsKey);
  call.Arg(kConsumedKey).Arg(kLatenessKey);
  call.Arg(events.front().run_id).Arg(options_.effects_key).Arg(kLatenessBounds.size());
  for (const int bound : kLatenessBounds) call.Arg(bound);
  for (const Event& event : events) call.Arg(event.n).Arg(event.due_ms);
  const auto reply = co_await Lua().record.Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  // Nothing for a run that is over.
  for (size_t i = 0; i < std::min(reply->size(), lateness.size()); ++i) {
    lateness[i] = milliseconds((*reply)[i].Integer());
  }
  co_return lateness;
}

asio::awaitable<absl::StatusOr<int64_t>> RedisDeadlineBoard::Bury(std::vector<Event> events,
                                                                  Deadline deadline) {
  if (events.empty()) co_return 0;
  redis::Command call = Lua().bury.Call(5);
  call.Arg(kRunKey).Arg(kDeadlinesKey).Arg(kClaimedKey).Arg(kClaimsKey).Arg(kDeadKey);
  call.Arg(events.front().run_id);
  for (const Event& event : events) call.Arg(event.n);
  const auto reply = co_await Lua().bury.Run(client_, std::move(call), deadline);
  if (!reply.ok()) co_return reply.status();
  co_return reply->Integer();
}

}  // namespace trellis::keytest
