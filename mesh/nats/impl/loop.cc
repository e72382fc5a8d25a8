#include "mesh/nats/impl/loop.h"

#include <algorithm>
#include <utility>

#include "mesh/base/ids.h"
#include "mesh/nats/impl/replies.h"

namespace trellis::nats {

using base::milliseconds;
using base::SteadyTime;

namespace {

// A connection that was there for so long is tried again at once when it is lost.
constexpr milliseconds kStable{1000};
constexpr milliseconds kGoodbye{500};

SteadyTime Now() { return std::chrono::steady_clock::now(); }

milliseconds AckWaitOf(const ConnectionOptions& options) {
  return options.consumer ? options.consumer->ack_wait : milliseconds(30'000);
}

// The server goes on sending to a process that stands still, until its request expires: what comes
// again after the ack wait must not come there again.
milliseconds PullExpiresOf(const ConnectionOptions& options) {
  return std::min(AckWaitOf(options) / 2, milliseconds(30'000));
}

}  // namespace

Loop::Loop(ConnectionOptions options)
    : options_(std::move(options)),
      publishes_(static_cast<size_t>(options_.max_unconfirmed)),
      deliveries_(options_.prefetch, AckWaitOf(options_)) {
  state_.detail = "not connected yet";
}

Loop::~Loop() { Stop(); }

void Loop::set_on_change(std::function<void(const ConnectionState&)> on_change) {
  on_change_ = std::move(on_change);
}

void Loop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Loop::Stop() {
  Put([](Work& work) { work.stop = true; });
  if (thread_.joinable()) thread_.join();
  deliveries_.Close();
}

template <typename Change>
void Loop::Put(Change change) {
  {
    const std::lock_guard lock(mutex_);
    change(incoming_);
    if (woken_) return;
    woken_ = true;
  }
  wake_.notify_one();
}

void Loop::StopConsuming() {
  Put([](Work& work) { work.stop_consuming = true; });
}

void Loop::Publish(const BatchPtr& batch) {
  publishes_.Add(batch);
  Put([](Work&) {});
}

void Loop::Settle(std::vector<Settlement> settlements) {
  Put([&](Work& work) {
    work.settlements.insert(work.settlements.end(), settlements.begin(), settlements.end());
  });
}

void Loop::Bury(Delivery delivery) {
  Put([&](Work& work) { work.to_bury.push_back(std::move(delivery)); });
}

void Loop::Flush(base::Deadline deadline) {
  uint64_t number = 0;
  Put([&](Work& work) {
    number = work.flush = ++flushes_;
    work.flush_deadline = deadline;
  });
  std::unique_lock lock(mutex_);
  const auto done = [&] { return flushed_ >= number; };
  if (deadline.IsInfinite()) {
    flush_done_.wait(lock, done);
  } else {
    flush_done_.wait_until(lock, deadline.time(), done);
  }
}

ConnectionState Loop::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Loop::Run() {
  next_attempt_ = Now();
  while (!work_.stop) {
    {
      std::unique_lock lock(mutex_);
      const SteadyTime until =
          session_ == nullptr ? next_attempt_ : std::min(next_touch_, next_ask_);
      wake_.wait_until(lock, until, [this] { return woken_; });
      woken_ = false;
      work_ = std::exchange(incoming_, Work{});
    }
    Turn();
  }
  SayGoodbye();
}

void Loop::Turn() {
  if (work_.stop_consuming) stop_consuming_ = true;
  if (work_.drained_session != 0) drained_session_ = work_.drained_session;
  if (session_ != nullptr && work_.gone_session == session_->id()) {
    Lose(work_.gone_why.empty() ? session_->LastError() : work_.gone_why);
  }
  if (work_.refusal_changed) ReportRefusal();
  if (session_ == nullptr && !work_.stop && Now() >= next_attempt_) Connect();
  SendSettlements();
  StartBurials();
  SendPublishes();
  if (stop_consuming_) {
    FinishConsuming();
  } else {
    Ask();
  }
  Touch();
  AnswerFlush();
}

void Loop::Connect() {
  SessionEvents& events = *this;
  auto session = std::make_unique<Session>(options_, ++sessions_, !stop_consuming_, events);
  const absl::Status status = session->Start();
  if (!status.ok()) {
    const milliseconds pause = base::FullJitter(options_.reconnect, attempt_, base::RandomBits());
    next_attempt_ = Now() + pause;
    ++attempt_;
    ConnectionState state;
    state.detail = base::MessageOf(status);
    ChangeState(std::move(state));
    return;
  }
  session_ = std::move(session);
  ready_since_ = next_touch_ = next_ask_ = Now();
  draining_ = false;
  refused_ = false;
  deliveries_.Begin(session_->id());
  publishes_.Open();
  ConnectionState state;
  state.connected = true;
  state.server = session_->server();
  ChangeState(std::move(state));
}

void Loop::Lose(const std::string& why) {
  deliveries_.Drop();
  session_.reset();
  const SteadyTime now = Now();
  if (now - ready_since_ >= kStable) attempt_ = 0;
  next_attempt_ = now + base::FullJitter(options_.reconnect, attempt_, base::RandomBits());
  ++attempt_;
  ConnectionState state;
  state.detail = why;
  ChangeState(std::move(state));
  // Who hears of it here finds the state as it is.
  publishes_.FailAll(why);
}

void Loop::Check(const absl::Status& status) {
  if (!status.ok() && !absl::IsInvalidArgument(status) && session_ != nullptr) {
    Lose(base::MessageOf(status));
  }
}

void Loop::SendPublishes() {
  if (session_ == nullptr) return;
  for (const BatchPtr& batch : publishes_.Take()) {
    for (size_t i = 0; i < batch->taken && !batch->gone; ++i) {
      const absl::Status status = session_->Publish(batch->messages[i], batch->first + i);
      if (status.ok()) continue;
      publishes_.Answer(batch->first + i, status);
      Check(status);
      if (session_ == nullptr) return;
    }
  }
}

void Loop::SendSettlements() {
  for (const Settlement& settlement : work_.settlements) {
    const std::string subject = deliveries_.Release(settlement.session, settlement.tag);
    if (subject.empty() || session_ == nullptr) continue;
    if (settlement.verdict == Verdict::kAck) {
      Check(session_->Send(subject, "+ACK"));
    } else if (settlement.delay.count() <= 0) {
      Check(session_->Send(subject, "-NAK"));
    } else {
      const auto nanos = std::chrono::nanoseconds(settlement.delay).count();
      Check(session_->Send(subject, "-NAK {\"delay\":" + std::to_string(nanos) + "}"));
    }
  }
}

void Loop::StartBurials() {
  if (session_ == nullptr || !options_.consumer) return;
  for (Delivery& delivery : work_.to_bury) {
    const auto subject = ParseAckSubject(deliveries_.AckSubjectOf(delivery.session, delivery.tag));
    if (!subject) continue;
    // The stream keeps one when its burial is done again because the ack was lost.
    const std::string id = options_.consumer->stream + ":" + std::to_string(subject->stream_seq);
    std::vector<Message> messages = {
        {options_.consumer->dead_subject, std::move(delivery.data), id}};
    publishes_.Add(std::make_shared<Batch>(
        std::move(messages),
        [this, session = delivery.session, tag = delivery.tag](const Batch& batch) {
          if (batch.statuses[0].ok()) {
            Settle({{session, tag, Verdict::kAck, {}}});
          } else {
            // Held no longer, the server delivers it again and it is buried then.
            (void)deliveries_.Release(session, tag);
          }
        }));
  }
}

void Loop::Ask() {
  const SteadyTime now = Now();
  const milliseconds expires = PullExpiresOf(options_);
  next_ask_ = now + expires;
  if (session_ == nullptr || !options_.consumer) return;
  const int count = deliveries_.Ask(now, now + expires);
  if (count > 0) Check(session_->Pull(count, expires));
}

void Loop::Touch() {
  const SteadyTime now = Now();
  if (session_ == nullptr || now < next_touch_) return;
  next_touch_ = now + AckWaitOf(options_) / 6;
  for (const std::string& subject : deliveries_.ToTouch(now)) {
    if (session_ == nullptr) return;
    Check(session_->Send(subject, "+WPI"));
  }
}

void Loop::AnswerFlush() {
  if (work_.flush == 0) return;
  if (session_ != nullptr) session_->Flush(work_.flush_deadline);
  {
    const std::lock_guard lock(mutex_);
    flushed_ = work_.flush;
  }
  flush_done_.notify_all();
}

void Loop::FinishConsuming() {
  next_ask_ = SteadyTime::max();
  if (consuming_done_) return;
  if (session_ == nullptr || !session_->pulls()) {
    consuming_done_ = true;
  } else if (drained_session_ == session_->id()) {
    session_->ForgetPulls(kGoodbye);
    consuming_done_ = true;
  } else if (!draining_) {
    draining_ = true;
    session_->StopPulling();
  }
  if (consuming_done_) deliveries_.Close();
}

// What the server has sent before it knew is here then.
void Loop::AwaitDrained() {
  if (session_ == nullptr || !session_->pulls() || consuming_done_) return;
  if (!draining_) session_->StopPulling();
  {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kGoodbye, [this] {
      woken_ = false;
      return drained_session_ == session_->id() || incoming_.drained_session == session_->id();
    });
  }
  session_->ForgetPulls(kGoodbye);
}

void Loop::SayGoodbye() {
  // Else what is given back would come here again.
  AwaitDrained();
  // So that others have it at once and not when the ack wait is over.
  for (const std::string& subject : deliveries_.ReleaseAll()) {
    if (session_ != nullptr) Check(session_->Send(subject, "-NAK"));
  }
  if (session_ != nullptr) session_->Flush(base::Deadline::After(kGoodbye));
  deliveries_.Close();
  publishes_.FailAll("closing");
  session_.reset();
}

void Loop::ChangeState(ConnectionState state) {
  {
    const std::lock_guard lock(mutex_);
    if (state.connected == state_.connected && state.refused == state_.refused &&
        state.detail == state_.detail && state.server == state_.server) {
      return;
    }
    state_ = state;
  }
  if (on_change_) on_change_(state);
}

void Loop::ReportRefusal() {
  if (session_ == nullptr) return;
  ConnectionState state = this->state();
  {
    const std::lock_guard lock(mutex_);
    state.refused = refused_;
    state.detail = state.refused ? refusal_ : std::string();
  }
  ChangeState(std::move(state));
}

void Loop::OnPubAck(uint64_t token, absl::Status status) {
  // The next that is taken ends what the first that is refused began.
  if (status.ok() == refused_.load()) {
    Put([&](Work& work) {
      refused_ = !status.ok();
      refusal_ = base::MessageOf(status);
      work.refusal_changed = true;
    });
  }
  publishes_.Answer(token, std::move(status));
}

void Loop::OnGone(uint64_t session, const std::string& what) {
  Put([&](Work& work) {
    work.gone_session = session;
    work.gone_why = what;
  });
}

void Loop::OnDelivery(uint64_t session, const std::string& ack_subject, std::string data) {
  const auto parsed = ParseAckSubject(ack_subject);
  if (!parsed) return;
  auto delivery = deliveries_.Hold(session, ack_subject, std::move(data), parsed->delivered, Now());
  if (!delivery) return;
  const int limit = options_.consumer->max_attempts;
  if (limit > 0 && delivery->attempt > limit) {
    Bury(*std::move(delivery));
  } else if (deliveries_.Offer(*std::move(delivery))) {
    Put([](Work&) {});
  }
}

void Loop::OnPullEnded(uint64_t session, int missing) {
  deliveries_.Unasked(session, missing);
  Put([](Work&) {});
}

void Loop::OnDrained(uint64_t session) {
  Put([&](Work& work) { work.drained_session = session; });
}

void Loop::OnClosed(uint64_t session) {
  Put([&](Work& work) {
    work.gone_session = session;
    work.gone_why.clear();
  });
}

}  // namespace trellis::nats
