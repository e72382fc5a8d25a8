#include "services/keytest/testing/nats_backend.h"

#include "mesh/nats/testing/private_nats.h"
#include "services/keytest/nats_event_stream.h"

namespace trellis::keytest::testing {
namespace {

class Backend final : public EventStreamBackend {
 public:
  std::unique_ptr<EventStream> Open() override {
    NatsOptions options;
    options.servers = {server_.url()};
    // So that no stream takes all from the others.
    options.prefetch = 100;
    return std::make_unique<NatsEventStream>(options);
  }
  void Reset() override {
    server_.DeleteStream(NatsEventStream::kStream);
    server_.DeleteStream(NatsEventStream::kDeadStream);
  }
  int Dead() override { return static_cast<int>(server_.Messages(NatsEventStream::kDeadStream)); }
  void PublishRaw(const std::string& bytes) override {
    server_.Publish(NatsEventStream::kSubject, bytes);
  }
  [[nodiscard]] bool can_restart() const override { return true; }
  void Kill() override { server_.Kill(); }
  void Start() override { server_.Start(); }

 private:
  nats::testing::PrivateNats server_;
};

std::unique_ptr<Backend>& Instance() {
  static std::unique_ptr<Backend> instance;
  return instance;
}

class EndServer final : public ::testing::Environment {
 public:
  void TearDown() override { Instance().reset(); }
};

}  // namespace

EventStreamBackend& NatsBackend() {
  if (Instance() == nullptr) {
    Instance() = std::make_unique<Backend>();
    static const auto* const end = ::testing::AddGlobalTestEnvironment(new EndServer);
    (void)end;
  }
  return *Instance();
}

}  // namespace trellis::keytest::testing
