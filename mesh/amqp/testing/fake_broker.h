#ifndef MESH_AMQP_TESTING_FAKE_BROKER_H_
#define MESH_AMQP_TESTING_FAKE_BROKER_H_

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "mesh/amqp/client.h"
#include "mesh/amqp/impl/mailbox.h"

namespace trellis::amqp::testing {

// A broker and a queue in memory, for tests of what stands on the ports. What is published is
// recorded and goes nowhere; what is delivered is what the test delivers. Get takes from queues of
// their own, which the test fills. Thread-safe.
class FakeBroker final : public Publisher, public Consumer, public Getter {
 public:
  using Answer = std::function<absl::Status(const Message&)>;

  [[nodiscard]] boost::asio::awaitable<absl::Status> Publish(Message message,
                                                             base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Delivery>> Next(
      base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::optional<Got>>> Get(
      std::string queue, base::Deadline deadline) override;
  void Ack(const Delivery& delivery) override;
  void Requeue(const Delivery& delivery) override;
  void Reject(const Delivery& delivery) override;

  // What Publish says instead of OK. A message that is refused is recorded too.
  void set_answer(Answer answer);
  // Gives the delivery's tag.
  uint64_t Deliver(Message message, int64_t delivery_count = 0);
  // At the end of a queue that Get takes from. Gives its tag.
  uint64_t Fill(const std::string& queue, Delivery delivery);
  // The bodies of a queue that Get takes from, without what was got.
  [[nodiscard]] std::vector<std::string> Bodies(const std::string& queue) const;
  // From now on Next is CANCELLED once everything is given out.
  void StopConsuming();

  [[nodiscard]] std::vector<Message> published() const;
  // Tags, in the order of the calls.
  [[nodiscard]] std::vector<uint64_t> acked() const;
  [[nodiscard]] std::vector<uint64_t> requeued() const;
  [[nodiscard]] std::vector<uint64_t> rejected() const;

 private:
  void Record(const Delivery& delivery, std::vector<uint64_t>* tags);
  template <typename T>
  [[nodiscard]] T Copy(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  mutable std::mutex mutex_;
  Answer answer_;
  uint64_t last_tag_ = 0;
  std::map<std::string, std::map<uint64_t, Delivery>> queues_;  // by tag
  std::map<uint64_t, std::pair<std::string, Delivery>> got_;    // with its queue
  std::vector<Message> published_;
  std::vector<uint64_t> acked_;
  std::vector<uint64_t> requeued_;
  std::vector<uint64_t> rejected_;
  Mailbox mailbox_;
};

}  // namespace trellis::amqp::testing

#endif  // MESH_AMQP_TESTING_FAKE_BROKER_H_
