#ifndef MESH_NATS_CONNECTION_H_
#define MESH_NATS_CONNECTION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/backoff.h"
#include "mesh/nats/client.h"
#include "mesh/nats/topology.h"

namespace trellis::nats {

// A comma-separated list of nats://user:password@host:port or tls://..., at least one.
// INVALID_ARGUMENT says what is wrong, without the password.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> ParseServers(std::string_view urls);

struct ConnectionOptions {
  std::vector<std::string> servers;  // URLs, tried in random order
  std::string name;                  // shown by the server's monitoring
  std::vector<Stream> streams;       // made or brought up to date after each connect
  std::optional<DurableConsumer> consumer;
  int prefetch = 1024;  // deliveries that are here or asked for
  int max_unconfirmed = 16'384;
  base::milliseconds connect_timeout{2000};  // for each server
  base::milliseconds call_timeout{2000};     // of a look at a stream, and of a write to the socket
  base::milliseconds ping_interval{1000};    // a server that misses two is lost
  base::BackoffPolicy reconnect{base::milliseconds(50), base::milliseconds(2000)};
};

struct ConnectionState {
  bool connected = false;  // and streams and consumer are there
  bool refused = false;    // a stream took no publish, as when its disk is full, and none since
  std::string server;      // host:port
  std::string detail;      // why not connected or refused
};

// Connects to one of the servers for as long as it lives. One thread of its own does all that can
// block: it connects, sees to streams and consumer, publishes, asks for messages and acks; answers
// come in by libnats' threads. A server that stops to answer is noticed by pings; nobody waits
// beyond his deadline for it.
//
// Streams and the consumer are made when they are absent, and changed when they differ. What cannot
// be changed (a stream's storage or retention, a consumer that pushes) is an error, which the state
// tells and which is looked at again with each attempt to connect.
class Connection final : public Publisher, public Consumer {
 public:
  explicit Connection(ConnectionOptions options);
  // Answers what is under way with UNAVAILABLE or CANCELLED, gives back what is in hand and joins
  // the thread. Blocks for as long as an attempt to connect or a write may take. The executors of
  // those who wait must still be there.
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Called on the connection's thread after each change. Set it before Start.
  void set_on_change(std::function<void(const ConnectionState&)> on_change);
  void Start();
  // No further deliveries: Next answers CANCELLED once it has given out what is here. What was
  // delivered can still be settled.
  void StopConsuming();
  // Blocks until the server has read what was settled before, or the deadline passes.
  void Flush(base::Deadline deadline);

  [[nodiscard]] boost::asio::awaitable<std::vector<absl::Status>> Publish(
      std::vector<Message> messages, base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::vector<Delivery>>> Next(
      int max, base::Deadline deadline) override;
  void Ack(const std::vector<Delivery>& deliveries) override;
  void Retry(const Delivery& delivery, base::milliseconds delay = base::milliseconds(0)) override;
  void Bury(const Delivery& delivery) override;

  [[nodiscard]] ConnectionState state() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::nats

#endif  // MESH_NATS_CONNECTION_H_
