#include "mesh/redis/impl/topology.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "mesh/base/ids.h"
#include "mesh/redis/key_slot.h"

namespace trellis::redis::impl {

namespace {

ClusterNode NodeOf(const std::string& address, const Link* link) {
  ClusterNode node{.address = address};
  if (link == nullptr) return node;
  const bool connected = link->connection().connected();
  node.health = connected ? NodeHealth::kConnected : NodeHealth::kAway;
  if (!connected) node.reason = link->connection().reason();
  return node;
}

}  // namespace

Topology::Topology(boost::asio::any_io_executor executor, ConnectionOptions options,
                   Link::OnChange on_change)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      on_change_(std::move(on_change)),
      shard_of_(kSlots, kNone) {}

Link* Topology::ReplicaOf(int slot) {
  const uint16_t index = shard_of_[static_cast<size_t>(slot)];
  if (index == kNone) return nullptr;
  Shard& shard = shards_[index];
  for (size_t i = 0; i < shard.replicas.size(); ++i) {
    const std::string& address = shard.replicas[shard.turn++ % shard.replicas.size()];
    std::unique_ptr<Link>& link = nodes_[address].replica;
    if (link == nullptr) {
      link = std::make_unique<Link>(executor_, options_, address, true, on_change_);
    }
    if (link->connection().connected()) return link.get();
  }
  return nullptr;
}

Link* Topology::MasterAt(const std::string& address) {
  std::unique_ptr<Link>& link = nodes_[address].master;
  if (link == nullptr) {
    link = std::make_unique<Link>(executor_, options_, address, false, on_change_);
  }
  return link.get();
}

uint16_t Topology::ShardOf(const std::string& master) {
  Link* const link = MasterAt(master);
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (shards_[i].master == link) return static_cast<uint16_t>(i);
  }
  shards_.push_back({link, {}, 0});
  return static_cast<uint16_t>(shards_.size() - 1);
}

void Topology::Move(int slot, const std::string& address) {
  if (slot < 0 || slot >= kSlots) return;
  shard_of_[static_cast<size_t>(slot)] = ShardOf(address);
}

void Topology::Apply(const std::vector<SlotRange>& ranges) {
  std::set<std::string> listed;
  shards_.clear();
  std::fill(shard_of_.begin(), shard_of_.end(), kNone);
  for (const SlotRange& range : ranges) {
    const uint16_t index = ShardOf(range.addresses.front());
    shards_[index].replicas.assign(range.addresses.begin() + 1, range.addresses.end());
    std::fill(shard_of_.begin() + range.first, shard_of_.begin() + range.last + 1, index);
    listed.insert(range.addresses.begin(), range.addresses.end());
  }
  std::set<const Link*> masters;
  for (const Shard& shard : shards_) masters.insert(shard.master);
  const auto idle = [](const std::unique_ptr<Link>& link) {
    return link == nullptr || link->connection().outstanding() == 0;
  };
  for (auto node = nodes_.begin(); node != nodes_.end();) {
    const bool is_master = masters.contains(node->second.master.get());
    if (!is_master && idle(node->second.master)) node->second.master.reset();
    if ((is_master || !listed.contains(node->first)) && idle(node->second.replica)) {
      node->second.replica.reset();
    }
    const bool empty = node->second.master == nullptr && node->second.replica == nullptr;
    node = empty ? nodes_.erase(node) : std::next(node);
  }
}

void Topology::Clear() {
  std::fill(shard_of_.begin(), shard_of_.end(), kNone);
  shards_.clear();
  nodes_.clear();
}

std::string Topology::Fault() const {
  if (shards_.empty()) return "redis cluster: nobody has said who has which slot";
  const auto orphan = std::find(shard_of_.begin(), shard_of_.end(), kNone);
  if (orphan != shard_of_.end()) {
    return "redis cluster: nobody has slot " + std::to_string(orphan - shard_of_.begin());
  }
  for (const Shard& shard : shards_) {
    if (!shard.master->connection().connected()) {
      return shard.master->address() + ": " + shard.master->connection().reason();
    }
  }
  return "";
}

std::vector<ClusterNode> Topology::Nodes() const {
  std::vector<std::vector<SlotSpan>> slots(shards_.size());
  std::vector<uint16_t> order;  // of shards, by their first slot
  for (int slot = 0; slot < kSlots; ++slot) {
    const uint16_t shard = shard_of_[static_cast<size_t>(slot)];
    if (shard == kNone) continue;
    if (slots[shard].empty()) order.push_back(shard);
    if (!slots[shard].empty() && slots[shard].back().last == slot - 1) {
      slots[shard].back().last = slot;
    } else {
      slots[shard].push_back({slot, slot});
    }
  }
  std::set<std::string_view> masters;
  for (const uint16_t index : order) masters.insert(shards_[index].master->address());
  std::vector<ClusterNode> nodes;
  for (const uint16_t index : order) {
    const Shard& shard = shards_[index];
    nodes.push_back(NodeOf(shard.master->address(), shard.master));
    nodes.back().slots = slots[index];
    for (const std::string& address : shard.replicas) {
      if (masters.contains(address)) continue;  // promoted since the map was read
      const auto known = nodes_.find(address);
      const Link* const link = known == nodes_.end() ? nullptr : known->second.replica.get();
      nodes.push_back(NodeOf(address, link));
      nodes.back().master = shard.master->address();
      nodes.back().slots = slots[index];
    }
  }
  return nodes;
}

std::vector<Link*> Topology::Askable() const {
  std::vector<Link*> links;
  for (const auto& [address, node] : nodes_) {
    for (Link* link : {node.master.get(), node.replica.get()}) {
      if (link != nullptr && link->connection().connected()) links.push_back(link);
    }
  }
  std::minstd_rand random(static_cast<unsigned>(base::RandomBits()));
  std::shuffle(links.begin(), links.end(), random);
  std::stable_partition(links.begin(), links.end(),
                        [](const Link* link) { return !link->suspect; });
  return links;
}

}  // namespace trellis::redis::impl
