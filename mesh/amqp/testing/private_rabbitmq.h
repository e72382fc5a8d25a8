#ifndef MESH_AMQP_TESTING_PRIVATE_RABBITMQ_H_
#define MESH_AMQP_TESTING_PRIVATE_RABBITMQ_H_

#include <memory>

#include "mesh/amqp/testing/rabbitmq_node.h"

namespace trellis::amqp::testing {

// A RabbitMQ of a test's own: one node, started. That takes about 5 s. Throws when it cannot be.
class PrivateRabbitMq : public RabbitMqNode {
 public:
  PrivateRabbitMq() : RabbitMqNode(std::make_shared<RabbitMqHome>(), "") { Start(); }
};

}  // namespace trellis::amqp::testing

#endif  // MESH_AMQP_TESTING_PRIVATE_RABBITMQ_H_
