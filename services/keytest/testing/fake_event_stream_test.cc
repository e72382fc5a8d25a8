// The fake is held to the contract, too, so that tests on it mean something.
#include "services/keytest/testing/fake_event_stream.h"

#include "services/keytest/testing/event_stream_contract.h"

namespace trellis::keytest::testing {
namespace {

// All that a process does to a stream in memory that several share.
class Handle final : public EventStream {
 public:
  explicit Handle(FakeEventStream& broker) : broker_(broker) {}
  ~Handle() override {
    for (const Delivery& delivery : held_) broker_.Retry(delivery);
  }
  void set_on_change(std::function<void(const StreamState&)> /*on_change*/) override {}
  void Start() override { broker_.Start(); }
  [[nodiscard]] StreamState state() const override { return broker_.state(); }
  boost::asio::awaitable<std::vector<absl::Status>> Publish(std::vector<Event> events,
                                                            base::Deadline deadline) override {
    return broker_.Publish(std::move(events), deadline);
  }
  boost::asio::awaitable<std::vector<absl::Status>> PublishDead(std::vector<Event> events,
                                                                base::Deadline deadline) override {
    return broker_.PublishDead(std::move(events), deadline);
  }
  boost::asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Next(
      int max, base::Deadline deadline) override {
    if (stopped_) co_return absl::CancelledError("consuming was stopped");
    auto taken = co_await broker_.Next(max, deadline);
    if (taken.ok()) held_.insert(held_.end(), taken->begin(), taken->end());
    co_return taken;
  }
  void Ack(const std::vector<Delivery>& deliveries) override {
    broker_.Ack(deliveries);
    for (const Delivery& delivery : deliveries) Forget(delivery);
  }
  void Retry(const Delivery& delivery) override {
    broker_.Retry(delivery);
    Forget(delivery);
  }
  void StopConsuming() override { stopped_ = true; }
  void Flush(base::Deadline /*deadline*/) override {}

 private:
  void Forget(const Delivery& settled) {
    std::erase_if(held_, [&](const Delivery& delivery) { return delivery.tag == settled.tag; });
  }
  FakeEventStream& broker_;
  std::vector<Delivery> held_;
  bool stopped_ = false;
};

class FakeBackend final : public EventStreamBackend {
 public:
  std::unique_ptr<EventStream> Open() override { return std::make_unique<Handle>(*broker_); }
  void Reset() override {
    broker_ = std::make_unique<FakeEventStream>();
    raw_ = 0;
  }
  int Dead() override { return static_cast<int>(broker_->dead().size()) + raw_; }
  // It holds events only: what is none is dead from the start.
  void PublishRaw(const std::string& /*bytes*/) override { ++raw_; }
  [[nodiscard]] bool can_restart() const override { return false; }
  void Kill() override {}
  void Start() override {}

 private:
  std::unique_ptr<FakeEventStream> broker_;
  int raw_ = 0;
};

EventStreamBackend& TheFake() {
  static FakeBackend backend;
  return backend;
}

INSTANTIATE_TEST_SUITE_P(Fake, EventStreamContract, ::testing::Values(&TheFake));

}  // namespace
}  // namespace trellis::keytest::testing
