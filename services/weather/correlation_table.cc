#include "services/weather/correlation_table.h"

namespace trellis::weather {
namespace {

constexpr size_t kRemembered = 16 * 1024;

}  // namespace

void CorrelationTable::Add(const WaitingCallPtr& call) { waiting_[call->id] = call; }

CorrelationTable::Kind CorrelationTable::Deliver(std::string_view id,
                                                 absl::StatusOr<Reply> outcome) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) {
    const auto ended = ended_.find(id);
    if (ended == ended_.end()) return Kind::kForeign;
    return ended->second ? Kind::kDouble : Kind::kLate;
  }
  const WaitingCallPtr call = std::move(found->second);
  waiting_.erase(found);
  Remember(call->id, true);
  call->outcome = std::move(outcome);
  call->timer.cancel();
  return Kind::kAccepted;
}

void CorrelationTable::Fail(WaitingCall& call, absl::Status status) {
  if (call.outcome) return;
  Abandon(call);
  call.outcome = std::move(status);
  call.timer.cancel();
}

void CorrelationTable::Abandon(WaitingCall& call) {
  call.abandoned = true;
  const auto found = waiting_.find(call.id);
  // Another attempt may have its place.
  if (found == waiting_.end() || found->second.get() != &call) return;
  waiting_.erase(found);
  Remember(call.id, false);
}

std::vector<WaitingCallPtr> CorrelationTable::All() const {
  std::vector<WaitingCallPtr> calls;
  calls.reserve(waiting_.size());
  for (const auto& [id, call] : waiting_) calls.push_back(call);
  return calls;
}

void CorrelationTable::Remember(const std::string& id, bool replied) {
  const bool added = ended_.insert_or_assign(id, replied).second;
  if (!added) return;
  ended_order_.push_back(id);
  if (ended_order_.size() <= kRemembered) return;
  ended_.erase(ended_order_.front());
  ended_order_.pop_front();
}

}  // namespace trellis::weather
