#include "services/keytest/testing/rabbitmq_backend.h"

#include "mesh/amqp/testing/private_rabbitmq.h"
#include "mesh/base/testing/run.h"
#include "services/keytest/rabbitmq_event_stream.h"

namespace trellis::keytest::testing {
namespace {

using base::Deadline;
using base::milliseconds;

class Backend final : public EventStreamBackend {
 public:
  std::unique_ptr<EventStream> Open() override {
    RabbitMqOptions options;
    options.nodes = {server_.node()};
    // So that no stream takes all from the others.
    options.prefetch = 100;
    options.queue = queue_;
    return std::make_unique<RabbitMqEventStream>(options);
  }
  // Queues of other names: quicker than to empty them.
  void Reset() override { queue_ = "events." + std::to_string(++count_); }
  int Dead() override { return server_.Ready(queue_ + ".dead"); }
  void PublishRaw(const std::string& bytes) override {
    amqp::ConnectionOptions options;
    options.nodes = {server_.node()};
    amqp::Connection connection(options);
    connection.Start();
    if (!base::testing::WaitUntil([&] { return connection.state().connected; })) {
      throw std::runtime_error("cannot reach RabbitMQ");
    }
    amqp::Message message;
    message.routing_key = queue_;
    message.body = bytes;
    boost::asio::io_context context;
    const absl::Status status = base::testing::RunCoroutine(
        context, connection.Publish(std::move(message), Deadline::After(milliseconds(10'000))));
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }
  [[nodiscard]] bool can_restart() const override { return true; }
  void Kill() override { server_.Kill(); }
  void Start() override { server_.Start(); }

 private:
  amqp::testing::PrivateRabbitMq server_;
  std::string queue_;
  int count_ = 0;
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

EventStreamBackend& RabbitMqBackend() {
  if (Instance() == nullptr) {
    Instance() = std::make_unique<Backend>();
    static const auto* const end = ::testing::AddGlobalTestEnvironment(new EndServer);
    (void)end;
  }
  return *Instance();
}

}  // namespace trellis::keytest::testing
