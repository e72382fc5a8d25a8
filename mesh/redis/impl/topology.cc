#include "mesh/redis/impl/topology.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "mesh/base/ids.h"
#include "mesh/redis/key_slot.h"

namespace trellis::redis::impl {

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
