#ifndef MESH_AMQP_TOPOLOGY_H_
#define MESH_AMQP_TOPOLOGY_H_

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace trellis::amqp {

using Arguments = std::map<std::string, std::variant<int64_t, std::string>>;

struct Exchange {
  std::string name;
  std::string type;  // direct, topic, fanout; always durable
};

// Always durable. Quorum queues carry {"x-queue-type": "quorum", "x-delivery-limit": n}.
struct Queue {
  std::string name;
  Arguments arguments = {};
};

struct Binding {
  std::string exchange;
  std::string queue;
  std::string routing_key;
};

// What must be there before anybody publishes or consumes: declared again after each connect.
struct Topology {
  std::vector<Exchange> exchanges = {};
  std::vector<Queue> queues = {};
  std::vector<Binding> bindings = {};
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_TOPOLOGY_H_
