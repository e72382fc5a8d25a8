#include "mesh/amqp/impl/loop.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>

#include "mesh/base/ids.h"

namespace trellis::amqp {

using base::SteadyTime;
using std::chrono::steady_clock;

namespace {

// For the broker to say goodbye. It reads everything before that, the last acks among it.
constexpr base::milliseconds kGoodbye{1000};

// So long a broker may refuse everything before it is left. A channel of RabbitMQ 3.10 whose first
// message for a quorum queue comes while the queue elects a leader remembers the one that is gone,
// and refuses all that follow, for as long as that node is away.
constexpr base::milliseconds kRefusedPatience{500};

std::string NameOf(const Node& node) { return node.host + ":" + std::to_string(node.port); }

int PollTimeout(SteadyTime until, SteadyTime now) {
  if (until == SteadyTime::max()) return -1;
  if (until <= now) return 0;
  // Rounded up: waking before the time would be waking in vain.
  const auto ms = std::chrono::ceil<base::milliseconds>(until - now).count();
  return static_cast<int>(std::min<int64_t>(ms, 60'000));
}

}  // namespace

Loop::Loop(ConnectionOptions options)
    : options_(std::move(options)), publishes_(options_.max_unconfirmed) {
  state_.detail = "not connected yet";
  // The process's signals are for its main thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "amqp");
}

Loop::~Loop() { Stop(); }

void Loop::Stop() {
  if (!thread_.joinable()) return;
  handover_.Stop();
  thread_.join();
}

void Loop::set_on_change(std::function<void(const ConnectionState&)> on_change) {
  on_change_ = std::move(on_change);
}

absl::Status Loop::Admit() {
  if (!connected_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    return base::MakeStatus(absl::StatusCode::kUnavailable, "amqp: " + state_.detail);
  }
  if (!publishes_.Reserve()) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                            "amqp: too many messages are unconfirmed");
  }
  return absl::OkStatus();
}

void Loop::Flush(base::Deadline deadline) {
  const uint64_t number = handover_.Flush();
  std::unique_lock lock(mutex_);
  flush_done_.wait_until(lock, deadline.time(), [&] { return flushed_ >= number; });
}

ConnectionState Loop::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Loop::ChangeState(ConnectionState state) {
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
    connected_.store(state.connected, std::memory_order_release);
  }
  if (on_change_) on_change_(state);
}

void Loop::Run() {
  for (;;) {
    handover_.Take(&work_);
    Accept();
    if (work_.stop) break;
    const SteadyTime until = Turn(steady_clock::now());
    PostAnswers();
    Poll(handover_.Sleep(until) ? until : SteadyTime::min());
    PostAnswers();
  }
  SayGoodbye();
}

void Loop::Accept() {
  if (work_.start) started_ = true;
  if (work_.stop_consuming) StopConsuming();
  publishes_.Add(&work_.publishes);
  gets_.Add(&work_.gets);
  for (const Settlement& settlement : work_.settlements) Settle(settlement);
  if (session_ != nullptr) SendAcks();
  if (work_.flush != 0) {
    flushes_.push_back({work_.flush, session_ == nullptr ? 0 : session_->socket().appended()});
  }
}

void Loop::Settle(const Settlement& settlement) {
  // A tag that is unknown to the broker would cost the session.
  if (session_ == nullptr || settlement.connection != session_->id()) return;
  if (settlement.verdict == Verdict::kAck) {
    unsettled_.Ack(settlement.tag);
  } else if (unsettled_.Settle(settlement.tag)) {
    session_->Reject(settlement.tag, settlement.verdict == Verdict::kRequeue);
  }
}

void Loop::SendAcks() {
  const Unsettled::Acks acks = unsettled_.TakeAcks();
  if (acks.up_to != 0) session_->Ack(acks.up_to, true);
  for (const uint64_t tag : acks.alone) session_->Ack(tag, false);
}

void Loop::StopConsuming() {
  if (stop_consuming_) return;
  stop_consuming_ = true;
  const bool consumes = session_ != nullptr && session_->ready() && session_->consumes();
  if (consumes) session_->CancelConsumer();
  // What is on its way is given out too, rather than returned as another delivery in vain: the end
  // is when the broker says so. One that is blocked would not say it for long.
  if (!consumes || blocked_) FinishConsuming();
}

void Loop::FinishConsuming() {
  consuming_done_ = true;
  mailbox_.Put(&arrived_, &answers_);
  mailbox_.Close(&answers_);
}

SteadyTime Loop::Turn(SteadyTime now) {
  if (started_ && session_ == nullptr && now >= next_attempt_) Connect(now);
  if (session_ != nullptr && session_->ready() && !blocked_) {
    gets_.Send(session_.get());
    Check(publishes_.Send(session_.get()));
  }
  if (session_ != nullptr) Check(session_->Flush());
  if (session_ != nullptr && now >= session_->NextTimer()) Check(session_->OnTimer(now));
  if (now >= publishes_.RefusedFor(kRefusedPatience)) {
    Lose("the broker has refused all messages for " + std::to_string(kRefusedPatience.count()) +
         " ms");
  }
  // After a loss that came since they were asked for.
  if (session_ == nullptr || !session_->ready()) {
    publishes_.FailAll(state_.detail);
    gets_.FailAll(state_.detail);
  }
  AnswerFlushes();

  SteadyTime next =
      std::min({publishes_.Expire(now), gets_.Expire(now), mailbox_.Expire(now, &answers_),
                publishes_.RefusedFor(kRefusedPatience)});
  if (session_ != nullptr) {
    next = std::min(next, session_->NextTimer());
  } else if (started_) {
    next = std::min(next, next_attempt_);
  }
  return next;
}

void Loop::Connect(SteadyTime now) {
  next_attempt_ = now;
  if (options_.nodes.empty()) return Lose("no node is configured");
  const bool consume = !options_.queue.empty() && !stop_consuming_;
  SessionEvents* const events = this;  // make_unique does not see private bases
  session_ = std::make_unique<Session>(options_, consume, ++sessions_, events);
  Check(session_->Start(options_.nodes[node_]));
}

void Loop::Poll(SteadyTime until) {
  pollfd fds[2] = {{handover_.fd(), POLLIN, 0}, {-1, 0, 0}};
  if (session_ != nullptr) fds[1] = {session_->fd(), session_->events(), 0};
  if (poll(fds, 2, PollTimeout(until, steady_clock::now())) <= 0) return;
  if (session_ == nullptr) return;
  Check(session_->OnEvents(fds[1].revents));
}

void Loop::Check(const absl::Status& status) {
  if (!status.ok()) Lose(base::MessageOf(status));
}

void Loop::Lose(const std::string& why) {
  const SteadyTime now = steady_clock::now();
  const bool was_ready = session_ != nullptr && session_->ready();
  // A session that ends soon after it began is one more failed attempt.
  if (was_ready && now - ready_since_ >= options_.reconnect.cap) attempt_ = 0;
  session_.reset();
  ConnectionState lost;
  if (!options_.nodes.empty()) {
    lost.node = NameOf(options_.nodes[node_]);
    node_ = (node_ + 1) % options_.nodes.size();
  }
  lost.detail = (lost.node.empty() ? "" : lost.node + ": ") + why;
  next_attempt_ = now + base::FullJitter(options_.reconnect, attempt_++, base::RandomBits());
  blocked_ = false;
  unsettled_.Clear();
  arrived_.clear();
  mailbox_.Drop();
  for (PendingFlush& flush : flushes_) flush.position = 0;
  publishes_.FailAll(lost.detail);
  gets_.FailAll(lost.detail);
  ChangeState(std::move(lost));
  if (stop_consuming_) FinishConsuming();
}

void Loop::AnswerFlushes() {
  const uint64_t before = flushed_;
  uint64_t done = before;
  while (!flushes_.empty() &&
         (session_ == nullptr || flushes_.front().position <= session_->socket().flushed())) {
    done = flushes_.front().number;
    flushes_.pop_front();
  }
  if (done == before) return;
  {
    const std::lock_guard lock(mutex_);
    flushed_ = done;
  }
  flush_done_.notify_all();
}

void Loop::PostAnswers() {
  mailbox_.Put(&arrived_, &answers_);
  publishes_.PostAnswers();
  gets_.PostAnswers();
  answers_.Post();
}

void Loop::SayGoodbye() {
  on_change_ = nullptr;  // its owner is on the way out
  publishes_.FailAll("the connection is being closed");
  gets_.FailAll("the connection is being closed");
  mailbox_.Drop();
  mailbox_.Close(&answers_);
  PostAnswers();
  const SteadyTime give_up = steady_clock::now() + kGoodbye;
  if (session_ != nullptr && session_->ready() && !blocked_) {
    session_->Close();
    absl::Status status = session_->Flush();
    while (status.ok() && !session_->closed() && steady_clock::now() < give_up) {
      pollfd fd = {session_->fd(), session_->events(), 0};
      if (poll(&fd, 1, PollTimeout(give_up, steady_clock::now())) > 0) {
        status = session_->OnEvents(fd.revents);
      }
    }
  }
  session_.reset();
  AnswerFlushes();
}

void Loop::OnReady() {
  ready_since_ = steady_clock::now();
  ChangeState({true, false, NameOf(options_.nodes[node_]), ""});
  // It was asked for while this session was being set up.
  if (stop_consuming_ && session_->consumes()) session_->CancelConsumer();
}

void Loop::OnConfirm(uint64_t tag, bool multiple, bool taken) {
  publishes_.Confirm(tag, multiple, taken);
}

void Loop::OnReturned(uint64_t tag, const std::string& why) { publishes_.Returned(tag, why); }

void Loop::OnDelivery(Delivery delivery) {
  if (consuming_done_) return session_->Reject(delivery.tag, /*requeue=*/true);
  unsettled_.Add(delivery.tag);
  arrived_.push_back(std::move(delivery));
}

void Loop::OnGot(std::optional<Got> got) {
  const uint64_t tag = got ? got->delivery.tag : 0;
  if (tag != 0) unsettled_.Add(tag);
  if (gets_.Answer(std::move(got)) || tag == 0) return;
  (void)unsettled_.Settle(tag);
  session_->Reject(tag, /*requeue=*/true);
}

void Loop::OnBlocked(const std::string& why) {
  blocked_ = true;
  if (stop_consuming_ && !consuming_done_) FinishConsuming();
  ConnectionState state = this->state();
  state.blocked = true;
  state.detail = "the broker takes no publishes: " + why;
  ChangeState(std::move(state));
}

void Loop::OnUnblocked() {
  blocked_ = false;
  ConnectionState state = this->state();
  state.blocked = false;
  state.detail.clear();
  ChangeState(std::move(state));
}

void Loop::OnConsumerCancelled() { FinishConsuming(); }

}  // namespace trellis::amqp
