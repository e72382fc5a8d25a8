#include "mesh/nats/impl/deliveries.h"

#include <algorithm>

namespace trellis::nats {

using base::SteadyTime;

namespace {

// For the server's word that a request has expired; without it the request counts no more.
constexpr base::milliseconds kExpirySlack{2000};

}  // namespace

void Deliveries::Begin(uint64_t session) {
  const std::lock_guard lock(mutex_);
  session_ = session;
}

void Deliveries::Drop() {
  const std::lock_guard lock(mutex_);
  session_ = 0;
  asked_ = 0;
  ready_.clear();
  held_.clear();
}

std::optional<Delivery> Deliveries::Hold(uint64_t session, std::string ack_subject,
                                         std::string data, int64_t attempt, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (session != session_) return std::nullopt;
  asked_ = std::max(0, asked_ - 1);
  held_.emplace(++last_tag_, Held{std::move(ack_subject), now});
  return Delivery{std::move(data), attempt, session, last_tag_};
}

bool Deliveries::Offer(Delivery delivery) {
  const std::lock_guard lock(mutex_);
  if (delivery.session != session_) return false;
  ready_.push_back(std::move(delivery));
  if (!waiting_.empty()) {
    waiting_.front().Wake();
    waiting_.pop_front();
  }
  return WantsLocked();
}

std::optional<Deliveries::Result> Deliveries::TakeOrWait(int max, const Waker* waker) {
  const std::lock_guard lock(mutex_);
  std::vector<Delivery> taken;
  while (!ready_.empty() && taken.size() < static_cast<size_t>(max)) {
    taken.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  // Who was woken for one delivery may have taken all of them, or left some.
  if (!ready_.empty() && !waiting_.empty()) {
    waiting_.front().Wake();
    waiting_.pop_front();
  }
  if (!taken.empty()) return taken;
  if (closed_) {
    return base::MakeStatus(absl::StatusCode::kCancelled, "nats: the consumer is stopped");
  }
  if (waker != nullptr) waiting_.push_back(*waker);
  return std::nullopt;
}

void Deliveries::Leave(const Waker& waker) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const Waker& other) { return other.WakesTheSame(waker); });
}

void Deliveries::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const Waker& waker : waiting_) waker.Wake();
  waiting_.clear();
}

std::string Deliveries::Release(uint64_t session, uint64_t tag) {
  const std::lock_guard lock(mutex_);
  if (session != session_) return {};
  auto node = held_.extract(tag);
  return node.empty() ? std::string() : std::move(node.mapped().ack_subject);
}

std::string Deliveries::AckSubjectOf(uint64_t session, uint64_t tag) const {
  const std::lock_guard lock(mutex_);
  if (session != session_) return {};
  const auto it = held_.find(tag);
  return it == held_.end() ? std::string() : it->second.ack_subject;
}

std::vector<std::string> Deliveries::ReleaseAll() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> subjects;
  subjects.reserve(held_.size());
  for (auto& [tag, held] : held_) subjects.push_back(std::move(held.ack_subject));
  held_.clear();
  ready_.clear();
  return subjects;
}

int Deliveries::RoomLocked() const { return prefetch_ - static_cast<int>(held_.size()) - asked_; }

// In large pieces: each request costs the server something. But never nothing while there is room.
bool Deliveries::WantsLocked() const {
  const int room = RoomLocked();
  return room > 0 && (asked_ == 0 || room >= std::max(1, prefetch_ / 4));
}

int Deliveries::Ask(SteadyTime now, SteadyTime expires) {
  const std::lock_guard lock(mutex_);
  if (asked_ > 0 && now > asked_until_ + kExpirySlack) asked_ = 0;
  if (session_ == 0 || !WantsLocked()) return 0;
  const int room = RoomLocked();
  asked_ += room;
  asked_until_ = expires;
  return room;
}

void Deliveries::Unasked(uint64_t session, int count) {
  const std::lock_guard lock(mutex_);
  if (session != session_) return;
  asked_ = std::max(0, asked_ - count);
}

std::vector<std::string> Deliveries::ToTouch(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> subjects;
  for (auto& [tag, held] : held_) {
    if (now - held.told < ack_wait_ / 3) continue;
    held.told = now;
    subjects.push_back(held.ack_subject);
  }
  return subjects;
}

}  // namespace trellis::nats
