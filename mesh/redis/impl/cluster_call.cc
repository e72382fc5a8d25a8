#include "mesh/redis/impl/cluster_call.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "mesh/base/ids.h"
#include "mesh/redis/impl/redirect.h"
#include "mesh/redis/key_slot.h"

namespace trellis::redis::impl {

using base::MakeStatus;
using base::SteadyTime;

namespace {

// Redirections that are followed at once; after so many, nodes seem not to agree yet.
constexpr int kQuickHops = 5;

SteadyTime Now() { return std::chrono::steady_clock::now(); }

absl::Status Unavailable(const std::string& why) {
  return MakeStatus(absl::StatusCode::kUnavailable, "redis: " + why);
}

absl::Status TooLate() {
  return MakeStatus(absl::StatusCode::kDeadlineExceeded,
                    "the deadline had passed before redis was asked");
}

void AppendHeader(char kind, size_t number, std::string* out) {
  char text[24];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), number);
  out->push_back(kind);
  out->append(text, end);
  out->append("\r\n", 2);
}

void AppendBulk(std::string_view text, std::string* out) {
  AppendHeader('$', text.size(), out);
  out->append(text);
  out->append("\r\n", 2);
}

}  // namespace

ClusterCall::ClusterCall(std::shared_ptr<ClusterCore> core, base::Deadline deadline,
                         ClusterCallOptions options, std::vector<KeyedCommand> commands)
    : core_(std::move(core)),
      deadline_(deadline),
      options_(options),
      commands_(std::move(commands)),
      parts_(commands_.size()),
      answers_(commands_.size()),
      unfinished_(commands_.size()) {
  for (size_t i = 0; i < commands_.size(); ++i) {
    parts_[i].first = static_cast<uint32_t>(i);
    parts_[i].slot = KeySlot(commands_[i].key);
  }
}

ClusterCall::ClusterCall(std::shared_ptr<ClusterCore> core, base::Deadline deadline,
                         ClusterCallOptions options, std::vector<std::string> keys)
    : core_(std::move(core)),
      deadline_(deadline),
      options_(options),
      keys_(std::move(keys)),
      answers_(keys_.size()) {
  std::vector<uint64_t> by_slot;  // slot, then number
  by_slot.reserve(keys_.size());
  for (size_t i = 0; i < keys_.size(); ++i) {
    by_slot.push_back(static_cast<uint64_t>(KeySlot(keys_[i])) << 32 | i);
  }
  std::sort(by_slot.begin(), by_slot.end());
  order_.reserve(keys_.size());
  parts_.reserve(keys_.size());
  for (const uint64_t entry : by_slot) {
    const int slot = static_cast<int>(entry >> 32);
    if (!parts_.empty() && parts_.back().slot == slot) {
      ++parts_.back().count;
    } else {
      parts_.emplace_back();
      parts_.back().first = static_cast<uint32_t>(order_.size());
      parts_.back().slot = slot;
    }
    order_.push_back(static_cast<uint32_t>(entry));
  }
  unfinished_ = parts_.size();
}

void ClusterCall::Start() { Continue(); }

void ClusterCall::Continue() {
  if (due_) Step();
  if (longest_wait_ >= 0 && !timer_set_) SetTimer();
  if (unfinished_ == 0 && completion_) {
    const auto completion = std::move(completion_);
    completion->Done(std::move(answers_));
  }
}

void ClusterCall::Step() {
  due_ = false;
  const SteadyTime now = Now();
  const bool late = deadline_.Expired(now);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].state != State::kDue) continue;
    if (core_->closed()) {
      Finish(i, Unavailable("closed"));
    } else if (late) {
      // Nothing is under way: what kept it from being sent says more than the time.
      absl::Status why = AnswerOf(parts_[i], 0).reply.status();
      Finish(i, why.code() == absl::StatusCode::kUnknown ? TooLate() : std::move(why));
    } else {
      Place(i, now);
    }
  }
  SendGathered();
}

Link* ClusterCall::Pick(Part& part) {
  if (part.target != nullptr) return std::exchange(part.target, nullptr);
  if (options_.read_from == ReadFrom::kReplica && !part.from_master) {
    if (Link* const replica = core_->topology().ReplicaOf(part.slot)) return replica;
  }
  return core_->topology().MasterOf(part.slot);
}

void ClusterCall::Place(size_t index, SteadyTime now) {
  Part& part = parts_[index];
  Link* const link = Pick(part);
  if (link == nullptr || !link->connection().connected()) {
    part.asking = false;
    core_->WantRefresh();
    core_->observer().OnRepeat(ClusterRepeat::kAway);
    if (link == nullptr) return WaitForNode(index, Unavailable("nobody is known to have the slot"));
    absl::Status why = Unavailable(link->address() + ": " + link->connection().reason());
    // A node that we were sent to is being connected to for the first time.
    const bool is_new = part.redirected && link->connection().generation() == 0;
    if (is_new && part.waits < kQuickHops) return Wait(index, std::move(why));
    return WaitForNode(index, std::move(why));
  }
  const size_t gathered = link->gathering ? link->gathering->size() : 0;
  if (link->connection().outstanding() + gathered >= core_->options().max_outstanding_per_node) {
    core_->observer().OnNodeError(NodeError::kFull, 1);
    return Finish(index, MakeStatus(absl::StatusCode::kResourceExhausted,
                                    "redis: too many commands under way to " + link->address()));
  }
  if (!link->gathering) {
    link->gathering = std::make_unique<NodeBatch>(shared_from_this(), *link, parts_.size());
    core_->touched.push_back(link);
    if (link->CheckDue(now)) {
      link->CheckSent(now);
      Command("INFO", "replication").AppendTo(&link->gathered);
      link->gathering->ExpectCheck();
    }
  }
  part.state = State::kSent;
  ++part.attempts;
  Write(part, *link);
  link->gathering->ExpectPart(index);
}

void ClusterCall::Write(Part& part, Link& link) {
  std::string* const out = &link.gathered;
  const KeyedCommand* const command = commands_.empty() ? nullptr : &commands_[part.first];
  if (part.load && link.gathering->ExpectLoad(command->script)) {
    Command("SCRIPT", "LOAD", command->script->source()).AppendTo(out);
  }
  if (std::exchange(part.asking, false)) {
    out->append("*1\r\n$6\r\nASKING\r\n");
    link.gathering->ExpectAsking();
  }
  if (command != nullptr) return command->command.AppendTo(out);
  if (part.count == 1) {
    out->append("*2\r\n$3\r\nGET\r\n");
  } else {
    AppendHeader('*', part.count + 1, out);
    out->append("$4\r\nMGET\r\n");
  }
  for (uint32_t i = 0; i < part.count; ++i) AppendBulk(keys_[order_[part.first + i]], out);
}

void ClusterCall::SendGathered() {
  for (Link* const link : core_->touched) {
    std::unique_ptr<NodeBatch> batch = std::move(link->gathering);
    const size_t count = batch->size();
    core_->observer().OnOutstanding(static_cast<int>(count));
    // It is connected: Place saw that in this turn, and nothing is called back from here.
    (void)link->connection().Send(link->gathered, count, deadline_, std::move(batch));
    link->gathered.clear();
  }
  core_->touched.clear();
}

void ClusterCall::OnReply(size_t index, Reply reply, Link& link, const absl::Status& load_status) {
  if (reply.view().IsError()) return OnError(index, reply.Text(), link, load_status);
  Part& part = parts_[index];
  part.state = State::kDone;
  --unfinished_;
  if (part.count == 1) {
    ClusterAnswer& answer = AnswerOf(part, 0);
    answer.reply = std::move(reply);
    answer.incarnation = link.incarnation();
    return;
  }
  for (uint32_t i = 0; i < part.count; ++i) {
    ClusterAnswer& answer = AnswerOf(part, i);
    answer.reply = reply.Take(i);
    answer.incarnation = link.incarnation();
  }
}

void ClusterCall::OnError(size_t index, std::string_view error, Link& link,
                          const absl::Status& load_status) {
  Part& part = parts_[index];
  const ErrorKind kind = KindOf(error);
  ClusterObserver& observer = core_->observer();
  const auto node_cannot = [&](ClusterRepeat repeat) {
    observer.OnRepeat(repeat);
    link.WantCheck();
    core_->WantRefresh();
    if (!link.read_only()) return WaitForNode(index, StatusFromError(error));
    // A replica that cannot serve: its master may.
    part.from_master = true;
    part.state = State::kDue;
    due_ = true;
  };
  switch (kind) {
    case ErrorKind::kMoved:
    case ErrorKind::kAsk:
      return Redirect(index, error, kind, link);
    case ErrorKind::kTryAgain:
      observer.OnRepeat(ClusterRepeat::kTryAgain);
      if (part.count > 1) return Split(index);
      return Wait(index, StatusFromError(error));
    case ErrorKind::kClusterDown:
      return node_cannot(ClusterRepeat::kClusterDown);
    case ErrorKind::kLoading:
      return node_cannot(ClusterRepeat::kLoading);
    case ErrorKind::kMasterDown:
    case ErrorKind::kReadOnly:
      return node_cannot(ClusterRepeat::kReadOnly);
    case ErrorKind::kNoScript: {
      const bool knows_it = !commands_.empty() && commands_[part.first].script != nullptr;
      if (!knows_it || part.load) {
        AnswerOf(part, 0).incarnation = link.incarnation();
        return Finish(index, load_status.ok() ? StatusFromError(error) : load_status);
      }
      part.load = true;
      part.target = &link;  // where ASK may have sent it
      part.asking = part.redirected;
      part.state = State::kDue;
      due_ = true;
      return;
    }
    case ErrorKind::kOther:
      for (uint32_t i = 0; i < part.count; ++i) AnswerOf(part, i).incarnation = link.incarnation();
      return Finish(index, StatusFromError(error));
  }
}

void ClusterCall::Redirect(size_t index, std::string_view error, ErrorKind kind, Link& link) {
  Part& part = parts_[index];
  const bool moved = kind == ErrorKind::kMoved;
  core_->observer().OnRepeat(moved ? ClusterRepeat::kMoved : ClusterRepeat::kAsk);
  ++(moved ? core_->counts().moved : core_->counts().ask);
  const std::string address = RedirectTarget(error, link.address());
  part.redirected = true;
  part.from_master = true;
  // Another node has to be told of the script, perhaps.
  part.load = false;
  if (moved) {
    link.WantCheck();
    core_->WantRefresh();
  }
  if (address.empty() || (address == link.address() && !link.read_only())) {
    return Wait(index, Unavailable(std::string(error)));
  }
  if (moved) core_->topology().Move(part.slot, address);
  if (part.attempts >= kQuickHops) return Wait(index, Unavailable(std::string(error)));
  part.asking = !moved;
  part.target = core_->topology().MasterAt(address);
  part.state = State::kDue;
  due_ = true;
}

void ClusterCall::Split(size_t index) {
  // The slot is on its way, and some keys are there already: each finds its own way.
  const Part whole = parts_[index];
  parts_[index].state = State::kDone;
  --unfinished_;
  for (uint32_t i = 0; i < whole.count; ++i) {
    Part one = whole;
    one.first = whole.first + i;
    one.count = 1;
    one.state = State::kDue;
    parts_.push_back(one);
  }
  unfinished_ += whole.count;
  due_ = true;
}

void ClusterCall::OnLost(size_t index, const absl::Status& status) {
  if (status.code() == absl::StatusCode::kUnavailable && IsIdempotent(parts_[index])) {
    return WaitForNode(index, status);
  }
  Finish(index, status);
}

void ClusterCall::WaitForNode(size_t index, absl::Status why) {
  if (!options_.wait_for_node) return Finish(index, std::move(why));
  Wait(index, std::move(why));
}

void ClusterCall::Wait(size_t index, absl::Status why) {
  Part& part = parts_[index];
  if (part.attempts >= core_->options().max_attempts) return Finish(index, std::move(why));
  ++core_->counts().repeats;
  part.state = State::kWaiting;
  longest_wait_ = std::max(longest_wait_, part.waits++);
  AnswerOf(part, 0).reply = std::move(why);
}

void ClusterCall::SetTimer() {
  if (!timer_) timer_.emplace(core_->executor());
  timer_set_ = true;
  const auto pause = base::FullJitter(core_->options().retry, longest_wait_, base::RandomBits()) +
                     base::milliseconds(1);
  timer_->expires_at(std::min(Now() + pause, deadline_.time()));
  timer_->async_wait([self = shared_from_this()](boost::system::error_code) { self->OnTimer(); });
}

void ClusterCall::OnTimer() {
  timer_set_ = false;
  longest_wait_ = -1;
  for (Part& part : parts_) {
    if (part.state == State::kWaiting) part.state = State::kDue;
  }
  due_ = true;
  Continue();
}

void ClusterCall::Finish(size_t index, absl::Status status) {
  Part& part = parts_[index];
  part.state = State::kDone;
  --unfinished_;
  for (uint32_t i = 0; i < part.count; ++i) AnswerOf(part, i).reply = status;
}

bool ClusterCall::IsIdempotent(const Part& part) const {
  return commands_.empty() || commands_[part.first].idempotent;
}

ClusterAnswer& ClusterCall::AnswerOf(const Part& part, uint32_t i) {
  return commands_.empty() ? answers_[order_[part.first + i]] : answers_[part.first];
}

}  // namespace trellis::redis::impl
