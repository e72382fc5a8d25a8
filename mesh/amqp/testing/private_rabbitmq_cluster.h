#ifndef MESH_AMQP_TESTING_PRIVATE_RABBITMQ_CLUSTER_H_
#define MESH_AMQP_TESTING_PRIVATE_RABBITMQ_CLUSTER_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/amqp/testing/rabbitmq_node.h"

namespace trellis::amqp::testing {

// A RabbitMQ cluster of a test's own: by default three nodes that know each other, so that quorum
// queues have a member on each. Started by the constructor, which takes about 15 s; throws when it
// cannot be. A node that was stopped with SIGSTOP for some seconds counts as cut off: the others go
// on without it, and it pauses when it wakes until it has joined them again. As RabbitMqNode in all
// else.
class PrivateRabbitMqCluster {
 public:
  explicit PrivateRabbitMqCluster(int size = 3);

  [[nodiscard]] size_t size() const { return nodes_.size(); }
  [[nodiscard]] RabbitMqNode& node(size_t i) { return *nodes_.at(i); }
  // Of all nodes, in their order.
  [[nodiscard]] std::vector<Node> nodes() const;
  [[nodiscard]] std::string urls() const;  // separated by commas
  // The index of the node that ConnectionState::node names; throws when there is none.
  [[nodiscard]] size_t IndexOf(const std::string& address) const;

  // As RabbitMqNode's, asked of the first node that answers; throws when none does.
  [[nodiscard]] int Ready(const std::string& queue) const;
  [[nodiscard]] std::string LogTails() const;

 private:
  std::vector<std::unique_ptr<RabbitMqNode>> nodes_;
};

}  // namespace trellis::amqp::testing

#endif  // MESH_AMQP_TESTING_PRIVATE_RABBITMQ_CLUSTER_H_
