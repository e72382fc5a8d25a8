#ifndef MESH_AMQP_TESTING_PRIVATE_RABBITMQ_H_
#define MESH_AMQP_TESTING_PRIVATE_RABBITMQ_H_

#include <string>
#include <vector>

#include "mesh/amqp/connection.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::amqp::testing {

// A real RabbitMQ node of a test's own, on free ports of loopback, with its data in a directory
// that lives as long as this object, and with an epmd of its own. A start takes about 5 s. Throws
// when it cannot be started.
class PrivateRabbitMq {
 public:
  PrivateRabbitMq();

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url() const { return "amqp://guest:guest@" + address(); }
  [[nodiscard]] Node node() const;
  // The node's process (the Erlang VM itself), for signals.
  [[nodiscard]] base::testing::Subprocess& process() { return server_; }

  // kill -9; what was confirmed on a quorum queue is on the disk.
  void Kill() { server_.Kill(); }
  // Starts it again on the same ports with the same data, and waits until it takes connections.
  void Start();

  // Runs rabbitmqctl, which takes a second or two, and gives its output; throws when it fails.
  std::string Control(const std::vector<std::string>& arguments) const;
  // Raises or ends the memory alarm.
  void SetMemoryAlarm(bool on) const;
  // How many messages of the queue are ready for a consumer, by a passive declare; -1 when there
  // is no such queue. Quick; blocks.
  [[nodiscard]] int Ready(const std::string& queue) const;

 private:
  [[nodiscard]] base::testing::Subprocess::Options ServerOptions();

  base::testing::TempDir directory_;
  int port_;
  int distribution_port_;
  int epmd_port_;
  std::string node_name_;
  base::testing::Subprocess epmd_;
  base::testing::Subprocess server_;
};

}  // namespace trellis::amqp::testing

#endif  // MESH_AMQP_TESTING_PRIVATE_RABBITMQ_H_
