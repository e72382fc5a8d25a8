#ifndef MESH_REDIS_CLUSTER_MAP_H_
#define MESH_REDIS_CLUSTER_MAP_H_

#include <string>
#include <vector>

namespace trellis::redis {

// Slots first to last, both of them.
struct SlotSpan {
  int first = 0;
  int last = 0;
  bool operator==(const SlotSpan&) const = default;
};

enum class NodeHealth {
  kConnected,
  kAway,
  kNotAsked,  // a replica that nobody has read from: there is no connection to it
};

// A node as a cluster client knows it. A value.
struct ClusterNode {
  std::string address;      // host:port
  std::string master = {};  // of a replica: whose; empty for a master
  NodeHealth health = NodeHealth::kNotAsked;
  std::string reason = {};  // why it is away
  std::vector<SlotSpan> slots =
      {};  // a replica's are its master's; ordered, as few as there can be
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_CLUSTER_MAP_H_
