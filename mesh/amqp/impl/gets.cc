#include "mesh/amqp/impl/gets.h"

#include <algorithm>

namespace trellis::amqp {

using base::SteadyTime;

void Gets::Add(std::vector<GetRequest>* requests) {
  for (GetRequest& request : *requests) {
    earliest_ = std::min(earliest_, request.deadline.time());
    waiting_.push_back(std::move(request));
  }
  requests->clear();
}

void Gets::Send(Session* session) {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    session->Get(waiting_.front().queue);
    asked_.push_back(std::move(waiting_.front()));
  }
}

bool Gets::Answer(std::optional<Got> got) {
  if (asked_.empty()) return false;
  GetRequest request = std::move(asked_.front());
  asked_.pop_front();
  if (request.caller.completion == nullptr) return false;
  answers_.Add(&request.caller, std::move(got));
  return true;
}

void Gets::FailAll(const std::string& why) {
  for (std::deque<GetRequest>* requests : {&asked_, &waiting_}) {
    for (GetRequest& request : *requests) {
      answers_.Add(&request.caller,
                   base::MakeStatus(absl::StatusCode::kUnavailable, "amqp: " + why));
    }
    requests->clear();
  }
  earliest_ = SteadyTime::max();
}

SteadyTime Gets::Expire(SteadyTime now) {
  if (now < earliest_) return earliest_;
  earliest_ = SteadyTime::max();
  const auto is_late = [&](GetRequest& request) {
    if (request.caller.completion == nullptr) return true;
    if (!request.deadline.Expired(now)) {
      earliest_ = std::min(earliest_, request.deadline.time());
      return false;
    }
    answers_.Add(&request.caller, base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                                                   "amqp: no answer within the deadline"));
    return true;
  };
  std::erase_if(waiting_, is_late);
  // Those keep their place, because answers are counted off.
  for (GetRequest& request : asked_) (void)is_late(request);
  return earliest_;
}

}  // namespace trellis::amqp
