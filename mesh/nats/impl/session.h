#ifndef MESH_NATS_IMPL_SESSION_H_
#define MESH_NATS_IMPL_SESSION_H_

#include <memory>
#include <string>
#include <string_view>

#include "mesh/base/deadline.h"
#include "mesh/nats/connection.h"
#include "mesh/nats/impl/handles.h"

namespace trellis::nats {

// What a session tells its owner, on libnats' threads.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  // A stream's answer to the publish of this token.
  virtual void OnPubAck(uint64_t token, absl::Status status) = 0;
  // No stream listens to the subject of a publish, or the consumer that was asked is not there.
  virtual void OnGone(uint64_t session, const std::string& what) = 0;
  virtual void OnDelivery(uint64_t session, const std::string& ack_subject, std::string data) = 0;
  // So many messages that were asked for will not come.
  virtual void OnPullEnded(uint64_t session, int missing) = 0;
  // After StopPulling, or with the connection: there will be no OnDelivery any more.
  virtual void OnDrained(uint64_t session) = 0;
  virtual void OnClosed(uint64_t session) = 0;
};

// One connection to a server from its start to its end; libnats is told not to connect again. Used
// by one thread, which its calls block for a while: see each.
class Session {
 public:
  // `options` and `events` must outlive it. `pulls`: will ask for messages.
  Session(const ConnectionOptions& options, uint64_t id, bool pulls, SessionEvents& events);
  // No event comes once it has ended. Blocks for as long as a write.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Connects and sees to streams and consumer. Blocks for connect_timeout a server, and
  // call_timeout a stream.
  [[nodiscard]] absl::Status Start();
  [[nodiscard]] uint64_t id() const { return id_; }
  [[nodiscard]] bool pulls() const { return pulls_; }
  // host:port
  [[nodiscard]] std::string server() const;
  // Why it is closed.
  [[nodiscard]] std::string LastError() const;

  // These go into a buffer that libnats sends within a millisecond; a full one is sent at once,
  // which blocks for at most call_timeout. An error other than INVALID_ARGUMENT is the session's
  // end.
  [[nodiscard]] absl::Status Publish(const Message& message, uint64_t token);
  [[nodiscard]] absl::Status Send(const std::string& subject, std::string_view data);
  // Asks for so many messages, for so long.
  [[nodiscard]] absl::Status Pull(int count, base::milliseconds expires);
  // OnDrained tells when what was under way has come.
  void StopPulling();
  // After OnDrained: makes the server forget what it was asked for. Else one (2.9) that finds
  // nobody behind a request while it has something to deliver again delivers another message twice,
  // as its first attempt. Blocks for so long at most.
  void ForgetPulls(base::milliseconds patience);
  // Blocks until the server has read all, or the deadline passes.
  void Flush(base::Deadline deadline);

 private:
  struct Relay;
  [[nodiscard]] absl::Status Connect();
  [[nodiscard]] absl::Status Ensure();
  [[nodiscard]] absl::Status Subscribe(const std::string& subject, natsMsgHandler handler,
                                       natsOnCompleteCB completed, SubscriptionHandle* handle);

  const ConnectionOptions& options_;
  const uint64_t id_;
  const bool pulls_;
  const std::shared_ptr<Relay> relay_;
  ConnectionHandle connection_;
  JetStreamHandle js_;
  SubscriptionHandle confirms_;
  SubscriptionHandle messages_;
  std::string inbox_;
  std::string pull_subject_;
};

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_SESSION_H_
