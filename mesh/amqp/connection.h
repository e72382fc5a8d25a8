#ifndef MESH_AMQP_CONNECTION_H_
#define MESH_AMQP_CONNECTION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/amqp/client.h"
#include "mesh/amqp/topology.h"
#include "mesh/base/backoff.h"

namespace trellis::amqp {

// One node: amqp://user:password@host:port/vhost. INVALID_ARGUMENT says what is wrong, without the
// password.
struct Node {
  std::string host;
  uint16_t port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
};
[[nodiscard]] absl::StatusOr<Node> ParseNode(std::string_view url);
// A comma-separated list of them, at least one.
[[nodiscard]] absl::StatusOr<std::vector<Node>> ParseNodes(std::string_view urls);

struct ConnectionOptions {
  std::vector<Node> nodes;  // tried in turn, from the one after the last that was lost
  std::string name;         // shown by the broker's management
  Topology topology;        // declared after each connect
  std::string queue;        // consumed from, when not empty
  uint16_t prefetch = 100;
  int max_unconfirmed = 4096;
  base::milliseconds connect_timeout{3000};
  int heartbeat_seconds = 5;
  base::BackoffPolicy reconnect{base::milliseconds(50), base::milliseconds(2000)};
};

struct ConnectionState {
  bool connected = false;
  bool blocked = false;  // the broker takes no publishes: memory or disk alarm
  std::string node;      // host:port
  std::string detail;    // why not connected or blocked
};

// Connects to one of the nodes for as long as it lives, on one thread of its own (librabbitmq's
// connections belong to a thread), which publishes, consumes and keeps the heartbeat. Publishes
// that are asked for at the same time leave together, and one confirm may answer many.
//
// In an alarm the broker reads nothing more from a connection that has published, not even its
// acks: who consumes and publishes had better have a Connection for each. A publish to an exchange
// that does not exist costs the connection, which declares its topology again when it is back.
//
// A broker that refuses everything for half a second is left for the next one: see impl/loop.cc.
class Connection final : public Publisher, public Consumer, public Getter {
 public:
  explicit Connection(ConnectionOptions options);
  // Fails what is under way and joins the thread; messages not acked go back to the queue. Blocks
  // for up to a second, as long as the broker takes to say goodbye, or for the look-up of a host's
  // name. The executors of those who wait must still be there.
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Called on the connection's thread after each change. Set it before Start.
  void set_on_change(std::function<void(const ConnectionState&)> on_change);
  void Start();
  // No further deliveries: Next answers CANCELLED once it has given out what is here. What was
  // delivered can still be acked.
  void StopConsuming();
  // Blocks until the acks made before are on the wire or the deadline passes.
  void Flush(base::Deadline deadline);

  [[nodiscard]] boost::asio::awaitable<absl::Status> Publish(Message message,
                                                             base::Deadline deadline) override;
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<Delivery>> Next(
      base::Deadline deadline) override;
  // The next message if it is here already; never waits.
  [[nodiscard]] std::optional<Delivery> TryNext();
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::optional<Got>>> Get(
      std::string queue, base::Deadline deadline) override;
  void Ack(const Delivery& delivery) override;
  void Requeue(const Delivery& delivery) override;
  void Reject(const Delivery& delivery) override;

  [[nodiscard]] ConnectionState state() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_CONNECTION_H_
