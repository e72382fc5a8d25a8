#ifndef MESH_AMQP_IMPL_SESSION_H_
#define MESH_AMQP_IMPL_SESSION_H_

#include <optional>
#include <string>
#include <vector>

#include "mesh/amqp/connection.h"
#include "mesh/amqp/impl/decoder.h"
#include "mesh/amqp/impl/encoder.h"
#include "mesh/amqp/impl/socket.h"
#include "mesh/base/clock.h"

namespace trellis::amqp {

// What a session tells its owner. Called from within Session::OnEvents.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  virtual void OnReady() = 0;
  // The broker's answer to one publish or to all up to it.
  virtual void OnConfirm(uint64_t tag, bool multiple, bool taken) = 0;
  // Comes before the confirm of the same publish.
  virtual void OnReturned(uint64_t tag, const std::string& why) = 0;
  virtual void OnDelivery(Delivery delivery) = 0;
  // The answer to the first Get that has none yet; nothing: the queue has no message.
  virtual void OnGot(std::optional<Got> got) = 0;
  virtual void OnBlocked(const std::string& why) = 0;
  virtual void OnUnblocked() = 0;
  // No delivery comes any more after CancelConsumer.
  virtual void OnConsumerCancelled() = 0;
};

// One connection to a broker from its handshake to its end, as a state machine that its owner
// drives from a poll() loop: no call blocks but the look-up of the host's name. After an error it
// is good for nothing but its destruction. One thread.
class Session {
 public:
  // `options` and `events` must outlive it. `id` becomes Delivery::connection.
  Session(const ConnectionOptions& options, bool consume, uint64_t id, SessionEvents* events);

  [[nodiscard]] absl::Status Start(const Node& node);

  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] short events() const { return socket_.events(); }
  // To be called with what poll() said, which may be nothing.
  [[nodiscard]] absl::Status OnEvents(short revents);
  // When OnTimer wants to be called.
  [[nodiscard]] base::SteadyTime NextTimer() const;
  [[nodiscard]] absl::Status OnTimer(base::SteadyTime now);
  // Sends what the calls below have made.
  [[nodiscard]] absl::Status Flush();

  [[nodiscard]] uint64_t id() const { return id_; }
  [[nodiscard]] bool ready() const { return step_ == Step::kReady; }
  // After Close: the broker knows.
  [[nodiscard]] bool closed() const { return step_ == Step::kClosed; }
  [[nodiscard]] bool consumes() const { return consume_; }
  [[nodiscard]] const Socket& socket() const { return socket_; }

  // When ready. False: the message cannot be encoded, and no tag was used up.
  [[nodiscard]] bool Publish(uint64_t tag, const Message& message);
  void Get(const std::string& queue);
  // `multiple`: and all before it.
  void Ack(uint64_t tag, bool multiple);
  void Reject(uint64_t tag, bool requeue);
  void CancelConsumer();
  // Says goodbye, so that the broker reads all that was sent before the socket is closed.
  void Close();

 private:
  // The broker answers the requests of a channel in their order.
  struct AwaitedReply {
    amqp_channel_t channel;
    std::string to;
  };
  enum class Step { kConnecting, kStart, kTune, kOpen, kSetUp, kReady, kClosing, kClosed };

  absl::Status ReadFrames(std::string_view data);
  absl::Status OnFrame(const amqp_frame_t& frame);
  absl::Status OnMethod(amqp_channel_t channel, const amqp_method_t& method);
  absl::Status OnConnectionMethod(const amqp_method_t& method);
  absl::Status OnHandshakeMethod(const amqp_method_t& method);
  absl::Status OnStart(const amqp_connection_start_t& start);
  void OnTune(const amqp_connection_tune_t& tune);
  void SetUp();
  void DeclareTopology();
  void OnReply(amqp_channel_t channel);
  void OnContent(Delivery content);
  // A method that the broker answers during set-up; `what` is for people.
  void Request(amqp_channel_t channel, amqp_method_number_t id, void* method, std::string what);
  // Why it is given up: what the broker did not answer.
  [[nodiscard]] std::string NoAnswer() const;

  const ConnectionOptions& options_;
  const bool consume_;
  const uint64_t id_;
  SessionEvents* const events_;
  Node node_;
  Step step_ = Step::kConnecting;
  Socket socket_;
  Encoder encoder_;
  Decoder decoder_;
  Assembler returned_;
  Assembler delivered_;
  std::optional<int64_t> left_;  // what is being delivered was got, and so many are left
  std::vector<AwaitedReply> awaited_replies_;
  base::SteadyTime give_up_;  // on getting ready
  base::milliseconds heartbeat_{0};
  base::SteadyTime last_received_;
  base::SteadyTime last_sent_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_SESSION_H_
