#include "mesh/nats/impl/publishes.h"

#include <algorithm>
#include <utility>

namespace trellis::nats {

using absl::StatusCode;

namespace {

// Outside of the mutex: it may publish.
void Call(const std::vector<BatchPtr>& done) {
  for (const BatchPtr& batch : done) batch->done(*batch);
}

}  // namespace

void Publishes::AnswerLocked(const BatchPtr& batch, size_t i, absl::Status status, Done* done) {
  if (batch->answered[i] != 0) return;
  batch->answered[i] = 1;
  batch->statuses[i] = std::move(status);
  if (i < batch->taken) --under_way_;
  if (--batch->left == 0) done->push_back(batch);
}

void Publishes::AnswerRestLocked(const BatchPtr& batch, size_t from, const absl::Status& status,
                                 Done* done) {
  for (size_t i = from; i < batch->statuses.size(); ++i) AnswerLocked(batch, i, status, done);
}

void Publishes::Add(const BatchPtr& batch) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) {
      AnswerRestLocked(batch, 0, base::MakeStatus(StatusCode::kUnavailable, "nats: " + why_),
                       &done);
    } else {
      batch->taken = std::min(batch->messages.size(), limit_ - under_way_);
      under_way_ += batch->taken;
      AnswerRestLocked(batch, batch->taken,
                       base::MakeStatus(StatusCode::kResourceExhausted,
                                        "nats: too many messages are not confirmed"),
                       &done);
      if (batch->taken > 0) waiting_.push_back(batch);
    }
  }
  Call(done);
}

void Publishes::Abandon(const BatchPtr& batch, const absl::Status& status) {
  Done ignored;
  const std::lock_guard lock(mutex_);
  batch->gone = true;
  AnswerRestLocked(batch, 0, status, &ignored);
  unconfirmed_.erase(batch->first);
}

void Publishes::Answer(uint64_t token, absl::Status status) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    auto it = unconfirmed_.upper_bound(token);
    if (it == unconfirmed_.begin()) return;
    --it;
    const BatchPtr& batch = it->second;
    const size_t i = token - batch->first;
    if (i >= batch->taken) return;
    AnswerLocked(batch, i, std::move(status), &done);
    if (batch->left == 0) unconfirmed_.erase(it);
  }
  Call(done);
}

void Publishes::Open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}

void Publishes::FailAll(const std::string& why) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
    why_ = why;
    const absl::Status status = base::MakeStatus(StatusCode::kUnavailable, "nats: " + why);
    for (const BatchPtr& batch : waiting_) AnswerRestLocked(batch, 0, status, &done);
    for (const auto& [first, batch] : unconfirmed_) AnswerRestLocked(batch, 0, status, &done);
    waiting_.clear();
    unconfirmed_.clear();
  }
  Call(done);
}

std::vector<BatchPtr> Publishes::Take() {
  const std::lock_guard lock(mutex_);
  std::vector<BatchPtr> taken = std::exchange(waiting_, {});
  std::erase_if(taken, [](const BatchPtr& batch) { return batch->gone.load(); });
  for (const BatchPtr& batch : taken) {
    batch->first = next_token_;
    next_token_ += batch->taken;
    unconfirmed_.emplace(batch->first, batch);
  }
  return taken;
}

}  // namespace trellis::nats
