#include "mesh/amqp/impl/mailbox.h"

#include <algorithm>

namespace trellis::amqp {

using base::SteadyTime;

namespace {

absl::Status Stopping() {
  return base::MakeStatus(absl::StatusCode::kCancelled, "amqp: the consumer is stopping");
}

}  // namespace

std::optional<Mailbox::Result> Mailbox::TakeLocked() {
  if (!ready_.empty()) {
    std::optional<Result> result(std::move(ready_.front()));
    ready_.pop_front();
    return result;
  }
  if (closed_) return Stopping();
  return std::nullopt;
}

std::optional<Mailbox::Result> Mailbox::TryTake() {
  const std::lock_guard lock(mutex_);
  return TakeLocked();
}

bool Mailbox::Wait(Caller<Result> caller, base::Deadline deadline, Answers<Result>* answers) {
  const std::lock_guard lock(mutex_);
  if (auto result = TakeLocked()) {
    answers->Add(&caller, std::move(*result));
    return false;
  }
  earliest_ = std::min(earliest_, deadline.time());
  waiters_.push_back({std::move(caller), deadline});
  return true;
}

void Mailbox::Put(std::vector<Delivery>* deliveries, Answers<Result>* answers) {
  if (deliveries->empty()) return;
  const std::lock_guard lock(mutex_);
  for (Delivery& delivery : *deliveries) {
    if (waiters_.empty()) {
      ready_.push_back(std::move(delivery));
    } else {
      answers->Add(&waiters_.front().caller, std::move(delivery));
      waiters_.pop_front();
    }
  }
  deliveries->clear();
}

void Mailbox::Drop() {
  const std::lock_guard lock(mutex_);
  ready_.clear();
}

void Mailbox::Close(Answers<Result>* answers) {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (Waiter& waiter : waiters_) answers->Add(&waiter.caller, Stopping());
  waiters_.clear();
}

SteadyTime Mailbox::Expire(SteadyTime now, Answers<Result>* answers) {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) earliest_ = SteadyTime::max();
  if (now < earliest_) return earliest_;
  earliest_ = SteadyTime::max();
  std::vector<Waiter> late;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    if (!waiter.deadline.Expired(now)) {
      earliest_ = std::min(earliest_, waiter.deadline.time());
      return false;
    }
    late.push_back(std::move(waiter));
    return true;
  });
  std::stable_sort(late.begin(), late.end(), [](const Waiter& a, const Waiter& b) {
    return a.deadline.time() < b.deadline.time();
  });
  for (Waiter& waiter : late) {
    answers->Add(&waiter.caller, base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                                                  "amqp: no message within the deadline"));
  }
  return earliest_;
}

}  // namespace trellis::amqp
