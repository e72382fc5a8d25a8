#ifndef SERVICES_KEYTEST_NATS_EVENT_STREAM_H_
#define SERVICES_KEYTEST_NATS_EVENT_STREAM_H_

#include <string>
#include <vector>

#include "mesh/nats/connection.h"
#include "services/keytest/event_stream.h"

namespace trellis::keytest {

struct NatsOptions {
  std::vector<std::string> servers;
  std::string name = "keytest-consumer";
  int prefetch = 1024;  // deliveries that a process holds or has asked for
};

// JetStream: WORKGROUPPOLICY, a work queue in a file whose events are kept for 24 h, shared by the
// durable consumer key_expiration_processors; and WORKGROUPPOLICY_DEAD with the dead. What was
// delivered kMaxAttempts times, also when its processor died each time, is put there by the next
// process that gets it.
class NatsEventStream final : public EventStream {
 public:
  static constexpr char kStream[] = "WORKGROUPPOLICY";
  static constexpr char kSubject[] = "Stream.Workgroup.Policy.Events";
  static constexpr char kConsumer[] = "key_expiration_processors";
  static constexpr char kDeadStream[] = "WORKGROUPPOLICY_DEAD";
  static constexpr char kDeadSubject[] = "Stream.Workgroup.Policy.Dead";

  explicit NatsEventStream(const NatsOptions& options);

  void set_on_change(std::function<void(const StreamState&)> on_change) override;
  void Start() override { connection_.Start(); }
  [[nodiscard]] StreamState state() const override;

  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> Publish(
      std::vector<Event> events, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> PublishDead(
      std::vector<Event> events, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Next(
      int max, base::Deadline deadline) override;
  void Ack(const std::vector<Delivery>& deliveries) override;
  void Retry(const Delivery& delivery) override;
  void StopConsuming() override { connection_.StopConsuming(); }
  void Flush(base::Deadline deadline) override { connection_.Flush(deadline); }

 private:
  nats::Connection connection_;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_NATS_EVENT_STREAM_H_
