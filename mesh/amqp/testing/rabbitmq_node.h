#ifndef MESH_AMQP_TESTING_RABBITMQ_NODE_H_
#define MESH_AMQP_TESTING_RABBITMQ_NODE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/amqp/connection.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::amqp::testing {

// What the nodes of one test share: a directory for their files, the Erlang cookie by which they
// know each other, and an epmd of their own. Gone with the last node.
class RabbitMqHome {
 public:
  RabbitMqHome();

  [[nodiscard]] const base::testing::TempDir& directory() const { return directory_; }
  [[nodiscard]] int epmd_port() const { return epmd_port_; }

 private:
  base::testing::TempDir directory_;
  const int epmd_port_;
  base::testing::Subprocess epmd_;
};

// One RabbitMQ node as a real process, on ports of loopback that it keeps over restarts, with its
// data in its home. Blocks; not thread-safe, but for Ready. It dies with the thread that has
// started it. Waiting is bounded and throws std::runtime_error with the end of the log when it was
// in vain. The destructor kills it.
class RabbitMqNode {
 public:
  // Does not start it. `settings`: lines of rabbitmq.conf.
  RabbitMqNode(std::shared_ptr<RabbitMqHome> home, const std::string& settings);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url() const { return "amqp://guest:guest@" + address(); }
  [[nodiscard]] Node node() const;
  // The node's process (the Erlang VM itself), for signals.
  [[nodiscard]] base::testing::Subprocess& process() { return server_; }

  // Replaces the lines given at construction, for the next start.
  void Configure(const std::string& settings) const;
  // kill -9, once its queues are saved: what was confirmed on a quorum queue is on the disk then.
  void Kill();
  // Waits for that: RabbitMQ writes down up to a second late which logs belong to its queues. One
  // that is killed in between comes back with an empty queue for which nobody is ever elected.
  void AwaitQueuesSaved() const;
  // Starts it, again on the same ports with the same data, and waits until it takes connections.
  void Start();
  // The same in two steps, for several nodes at a time.
  void Launch();
  void AwaitStarted();

  // Runs rabbitmqctl, which takes a second or two, and gives its output; throws when it fails.
  std::string Control(const std::vector<std::string>& arguments) const;
  // Raises or ends the memory alarm.
  void SetMemoryAlarm(bool on) const;
  // How many messages of the queue are ready for a consumer, by a passive declare; -1 when there
  // is no such queue. Quick; throws when the node takes no connections.
  [[nodiscard]] int Ready(const std::string& queue) const;
  [[nodiscard]] std::string LogTail(int lines = 30) const;

 private:
  [[nodiscard]] std::string File(const std::string& name) const;
  [[nodiscard]] std::map<std::string, std::string> Variables() const;

  const std::shared_ptr<RabbitMqHome> home_;
  const int port_;
  const int distribution_port_;
  const std::string name_;
  base::testing::Subprocess server_;
  size_t log_start_ = 0;  // of the last start
};

}  // namespace trellis::amqp::testing

#endif  // MESH_AMQP_TESTING_RABBITMQ_NODE_H_
