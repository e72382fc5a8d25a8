#ifndef SERVICES_KEYTEST_TESTING_FAKE_EVENT_STREAM_H_
#define SERVICES_KEYTEST_TESTING_FAKE_EVENT_STREAM_H_

#include <deque>
#include <map>

#include "services/keytest/event_stream.h"

namespace trellis::keytest::testing {

// A stream in memory, for tests of what stands on it: keeps the contract (see
// event_stream_contract.h), and fails when told to. Single-threaded.
class FakeEventStream final : public EventStream {
 public:
  void set_on_change(std::function<void(const StreamState&)> on_change) override {
    on_change_ = std::move(on_change);
  }
  void Start() override { SetConnected(true); }
  [[nodiscard]] StreamState state() const override { return state_; }
  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> Publish(
      std::vector<Event> events, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> PublishDead(
      std::vector<Event> events, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Next(
      int max, base::Deadline deadline) override;
  void Ack(const std::vector<Delivery>& deliveries) override;
  void Retry(const Delivery& delivery) override;
  void StopConsuming() override { stopped_ = true; }
  void Flush(base::Deadline /*deadline*/) override {}

  // While not connected, publishing fails; what is in hand comes again.
  void SetConnected(bool connected);
  // The next events published are answered with this although the broker has them.
  void LoseConfirms(int count) { lost_confirms_ = count; }

  [[nodiscard]] const std::deque<Delivery>& waiting() const { return waiting_; }
  [[nodiscard]] size_t in_hand() const { return in_hand_.size(); }
  [[nodiscard]] const std::vector<Event>& dead() const { return dead_; }
  // Every event that was published, in order.
  [[nodiscard]] const std::vector<Event>& published() const { return published_; }

 private:
  void Again(Delivery delivery);

  std::function<void(const StreamState&)> on_change_;
  StreamState state_;
  std::deque<Delivery> waiting_;
  std::map<uint64_t, Delivery> in_hand_;
  std::vector<Event> published_;
  std::vector<Event> dead_;
  uint64_t session_ = 0;
  uint64_t tags_ = 0;
  int lost_confirms_ = 0;
  bool stopped_ = false;
};

}  // namespace trellis::keytest::testing

#endif  // SERVICES_KEYTEST_TESTING_FAKE_EVENT_STREAM_H_
