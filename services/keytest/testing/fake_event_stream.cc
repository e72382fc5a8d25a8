#include "services/keytest/testing/fake_event_stream.h"

#include "mesh/base/sleep.h"

namespace trellis::keytest::testing {

namespace asio = boost::asio;

void FakeEventStream::SetConnected(bool connected) {
  if (connected == state_.connected) return;
  state_ = {connected, connected, connected ? "connected to memory" : "away"};
  if (connected) ++session_;
  for (auto& [tag, delivery] : std::exchange(in_hand_, {})) Again(std::move(delivery));
  if (on_change_) on_change_(state_);
}

asio::awaitable<std::vector<absl::Status>> FakeEventStream::Publish(std::vector<Event> events,
                                                                    base::Deadline /*deadline*/) {
  std::vector<absl::Status> statuses;
  for (Event& event : events) {
    if (!state_.connected) {
      statuses.push_back(absl::UnavailableError("away"));
      continue;
    }
    const bool lost = lost_confirms_ > 0;
    if (lost) --lost_confirms_;
    statuses.push_back(lost ? absl::DeadlineExceededError("no confirm") : absl::OkStatus());
    published_.push_back(event);
    waiting_.push_back({std::move(event), 1, 0, 0});
  }
  co_return statuses;
}

asio::awaitable<std::vector<absl::Status>> FakeEventStream::PublishDead(
    std::vector<Event> events, base::Deadline /*deadline*/) {
  if (!state_.connected) co_return std::vector(events.size(), absl::UnavailableError("away"));
  dead_.insert(dead_.end(), events.begin(), events.end());
  co_return std::vector(events.size(), absl::OkStatus());
}

asio::awaitable<absl::StatusOr<std::vector<Delivery>>> FakeEventStream::Next(
    int max, base::Deadline deadline) {
  while (!state_.connected || waiting_.empty()) {
    if (stopped_) co_return absl::CancelledError("consuming was stopped");
    if (deadline.Expired()) co_return absl::DeadlineExceededError("no event came");
    co_await base::Sleep(base::milliseconds(1));
  }
  std::vector<Delivery> taken;
  while (!waiting_.empty() && taken.size() < static_cast<size_t>(max)) {
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    taken.back().session = session_;
    taken.back().tag = ++tags_;
    in_hand_.emplace(taken.back().tag, taken.back());
  }
  co_return taken;
}

void FakeEventStream::Ack(const std::vector<Delivery>& deliveries) {
  for (const Delivery& delivery : deliveries) in_hand_.erase(delivery.tag);
}

void FakeEventStream::Retry(const Delivery& delivery) {
  if (in_hand_.erase(delivery.tag) == 1) Again(delivery);
}

void FakeEventStream::Again(Delivery delivery) {
  if (delivery.attempt >= kMaxAttempts) {
    dead_.push_back(std::move(delivery.event));
    return;
  }
  ++delivery.attempt;
  waiting_.push_back(std::move(delivery));
}

}  // namespace trellis::keytest::testing
