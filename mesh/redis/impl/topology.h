#ifndef MESH_REDIS_IMPL_TOPOLOGY_H_
#define MESH_REDIS_IMPL_TOPOLOGY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/redis/cluster_map.h"
#include "mesh/redis/impl/link.h"
#include "mesh/redis/impl/redirect.h"

namespace trellis::redis::impl {

// Which node has which slot, as far as is known, and the links to the nodes. Masters are connected
// to as soon as they are known, replicas when one is first asked for. Lives on one reactor.
//
// A Link* is good until the next Apply: keep none across a suspension.
class Topology {
 public:
  Topology(boost::asio::any_io_executor executor, ConnectionOptions options,
           Link::OnChange on_change);

  // Null while nobody is known to have the slot. It need not be connected.
  [[nodiscard]] Link* MasterOf(int slot) const {
    const uint16_t shard = shard_of_[static_cast<size_t>(slot)];
    return shard == kNone ? nullptr : shards_[shard].master;
  }
  // A replica that is connected, each in its turn; null when there is none.
  [[nodiscard]] Link* ReplicaOf(int slot);
  // The link to a node by its address, which is connected to when it is new.
  [[nodiscard]] Link* MasterAt(const std::string& address);

  // As MOVED says it.
  void Move(int slot, const std::string& address);
  // As CLUSTER SLOTS says it. Nodes that are not in it go, as soon as they owe nothing.
  void Apply(const std::vector<SlotRange>& ranges);
  void Clear();

  // Empty when every slot has a master that is connected, else what is wrong.
  [[nodiscard]] std::string Fault() const;
  // See Cluster::Nodes.
  [[nodiscard]] std::vector<ClusterNode> Nodes() const;
  // Connected nodes that may know the map, in random order, those last that answered too late.
  [[nodiscard]] std::vector<Link*> Askable() const;

 private:
  static constexpr uint16_t kNone = 0xffff;

  struct Node {
    std::unique_ptr<Link> master;   // for masters
    std::unique_ptr<Link> replica;  // reads only
  };
  struct Shard {
    Link* master = nullptr;
    std::vector<std::string> replicas;
    size_t turn = 0;
  };

  [[nodiscard]] uint16_t ShardOf(const std::string& master);

  const boost::asio::any_io_executor executor_;
  const ConnectionOptions options_;
  const Link::OnChange on_change_;
  std::map<std::string, Node> nodes_;
  std::vector<Shard> shards_;
  std::vector<uint16_t> shard_of_;  // by slot
};

}  // namespace trellis::redis::impl

#endif  // MESH_REDIS_IMPL_TOPOLOGY_H_
