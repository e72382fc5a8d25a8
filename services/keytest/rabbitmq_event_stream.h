#ifndef SERVICES_KEYTEST_RABBITMQ_EVENT_STREAM_H_
#define SERVICES_KEYTEST_RABBITMQ_EVENT_STREAM_H_

#include <mutex>
#include <string>
#include <vector>

#include "mesh/amqp/connection.h"
#include "services/keytest/event_stream.h"

namespace trellis::keytest {

struct RabbitMqOptions {
  std::vector<amqp::Node> nodes;
  std::string name = "keytest-consumer";
  int prefetch = 1024;  // deliveries that a process holds
  // Of the events; the dead-letter queue is this with ".dead".
  std::string queue = "key_expiration_processors";
};

// Two quorum queues: events, which dead-letters what was returned too often, and the dead. Two
// connections, since an alarm keeps one that publishes from acking.
class RabbitMqEventStream final : public EventStream {
 public:
  explicit RabbitMqEventStream(const RabbitMqOptions& options);

  void set_on_change(std::function<void(const StreamState&)> on_change) override;
  void Start() override;
  [[nodiscard]] StreamState state() const override;

  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> Publish(
      std::vector<Event> events, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> PublishDead(
      std::vector<Event> events, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Next(
      int max, base::Deadline deadline) override;
  void Ack(const std::vector<Delivery>& deliveries) override;
  void Retry(const Delivery& delivery) override;
  void StopConsuming() override { consumer_.StopConsuming(); }
  void Flush(base::Deadline deadline) override { consumer_.Flush(deadline); }

 private:
  boost::asio::awaitable<std::vector<absl::Status>> PublishTo(std::string queue,
                                                              std::vector<Event> events,
                                                              base::Deadline deadline);
  // Adds it, or rejects what is no event.
  void Take(amqp::Delivery delivery, std::vector<Delivery>* deliveries);

  const std::string queue_;
  amqp::Connection publisher_;
  amqp::Connection consumer_;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_RABBITMQ_EVENT_STREAM_H_
