#include "mesh/amqp/impl/publishes.h"

#include <algorithm>

namespace trellis::amqp {

using base::SteadyTime;

namespace {

// What is encoded before the kernel is asked to take it: the broker begins with the first messages
// of a crowd while the others are encoded, and what it does not read waits unencoded.
constexpr size_t kSendPiece = 64 * 1024;

constexpr char kLate[] = "no confirm within the deadline";

}  // namespace

bool Publishes::Reserve() {
  if (under_way_.fetch_add(1, std::memory_order_relaxed) < limit_) return true;
  GiveBack(1);
  return false;
}

void Publishes::Answer(Caller<absl::Status>* caller, absl::StatusCode code,
                       const std::string& why) {
  answers_.Add(caller, base::MakeStatus(code, "amqp: " + why));
}

void Publishes::Add(std::vector<PublishRequest>* requests) {
  for (PublishRequest& request : *requests) {
    earliest_ = std::min(earliest_, request.deadline.time());
    waiting_.push_back(std::move(request));
  }
  requests->clear();
}

absl::Status Publishes::Send(Session* session) {
  while (!waiting_.empty()) {
    if (session->socket().unsent() >= kSendPiece) {
      absl::Status status = session->Flush();
      if (!status.ok()) return status;
      if (session->socket().unsent() >= kSendPiece) break;
    }
    PublishRequest& request = waiting_.front();
    if (session->Publish(unconfirmed_.next_tag(), request.message)) {
      unconfirmed_.Add({std::move(request.caller), request.deadline, {}});
    } else {
      Answer(&request.caller, absl::StatusCode::kInvalidArgument, "the headers are too long");
      GiveBack(1);
    }
    waiting_.pop_front();
  }
  return absl::OkStatus();
}

void Publishes::Confirm(uint64_t tag, bool multiple, bool taken) {
  if (taken) {
    refused_since_ = SteadyTime::max();
  } else {
    refused_at_ = std::chrono::steady_clock::now();
    refused_since_ = std::min(refused_since_, refused_at_);
  }
  unconfirmed_.Confirm(tag, multiple, [&](Unconfirmed entry) {
    if (!taken) {
      Answer(&entry.caller, absl::StatusCode::kUnavailable, "the broker refused the message");
    } else if (!entry.returned.empty()) {
      Answer(&entry.caller, absl::StatusCode::kNotFound, entry.returned);
    } else {
      answers_.Add(&entry.caller, absl::OkStatus());
    }
    GiveBack(1);
  });
}

SteadyTime Publishes::RefusedFor(base::milliseconds time) const {
  if (refused_since_ == SteadyTime::max()) return SteadyTime::max();
  const SteadyTime at = refused_since_ + time;
  // It may yet take one that it has not answered.
  return refused_at_ >= at || unconfirmed_.empty() ? at : SteadyTime::max();
}

void Publishes::Returned(uint64_t tag, const std::string& why) {
  if (Unconfirmed* entry = unconfirmed_.Find(tag); entry != nullptr) entry->returned = why;
}

void Publishes::FailAll(const std::string& why) {
  int places = static_cast<int>(waiting_.size());
  for (PublishRequest& request : waiting_) {
    Answer(&request.caller, absl::StatusCode::kUnavailable, why);
  }
  unconfirmed_.ForEach([&](Unconfirmed& entry) {
    Answer(&entry.caller, absl::StatusCode::kUnavailable, why);
    ++places;
  });
  waiting_.clear();
  unconfirmed_.Clear();
  earliest_ = SteadyTime::max();
  refused_since_ = SteadyTime::max();
  GiveBack(places);
}

SteadyTime Publishes::Expire(SteadyTime now) {
  if (now < earliest_) return earliest_;
  earliest_ = SteadyTime::max();
  const auto keep_or_answer = [&](Caller<absl::Status>* caller, base::Deadline deadline) {
    if (caller->completion == nullptr) return true;
    const bool late = deadline.Expired(now);
    if (late) {
      Answer(caller, absl::StatusCode::kDeadlineExceeded, kLate);
    } else {
      earliest_ = std::min(earliest_, deadline.time());
    }
    return !late;
  };
  // Those that were not sent never will be; those that were keep their place until the broker
  // confirms them, because a confirm is counted off.
  const auto gone = std::erase_if(waiting_, [&](PublishRequest& request) {
    return !keep_or_answer(&request.caller, request.deadline);
  });
  GiveBack(static_cast<int>(gone));
  unconfirmed_.ForEach(
      [&](Unconfirmed& entry) { (void)keep_or_answer(&entry.caller, entry.deadline); });
  return earliest_;
}

}  // namespace trellis::amqp
