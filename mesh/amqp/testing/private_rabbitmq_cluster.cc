#include "mesh/amqp/testing/private_rabbitmq_cluster.h"

#include <stdexcept>

namespace trellis::amqp::testing {
namespace {

// As in deploy/. A node without a majority stops serving, so that no client is kept by a node whose
// quorum queues cannot confirm anything; in the majority all goes on. A silence of 4 s (by default
// 60 s) makes a node count as gone, so that a test can have it.
constexpr char kSettings[] =
    "cluster_partition_handling = pause_minority\n"
    "net_ticktime = 4\n"
    "cluster_formation.peer_discovery_backend = classic_config\n";

}  // namespace

PrivateRabbitMqCluster::PrivateRabbitMqCluster(int size) {
  const auto home = std::make_shared<RabbitMqHome>();
  std::string settings = size > 1 ? kSettings : "";
  for (int i = 0; i < size; ++i) {
    nodes_.push_back(std::make_unique<RabbitMqNode>(home, ""));
    if (size == 1) break;
    // Each knows those before it: the first starts alone and the others join it.
    settings += "cluster_formation.classic_config.nodes." + std::to_string(i + 1) + " = " +
                nodes_.back()->name() + "\n";
    nodes_.back()->Configure(settings);
  }
  // One that does not find the first would be a cluster of its own.
  nodes_.front()->Start();
  for (size_t i = 1; i < nodes_.size(); ++i) nodes_[i]->Launch();
  for (size_t i = 1; i < nodes_.size(); ++i) nodes_[i]->AwaitStarted();
}

std::vector<Node> PrivateRabbitMqCluster::nodes() const {
  std::vector<Node> all;
  for (const auto& node : nodes_) all.push_back(node->node());
  return all;
}

std::string PrivateRabbitMqCluster::urls() const {
  std::string all;
  for (const auto& node : nodes_) all += (all.empty() ? "" : ",") + node->url();
  return all;
}

size_t PrivateRabbitMqCluster::IndexOf(const std::string& address) const {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->address() == address) return i;
  }
  throw std::runtime_error("there is no node at '" + address + "'");
}

int PrivateRabbitMqCluster::Ready(const std::string& queue) const {
  for (const auto& node : nodes_) {
    try {
      return node->Ready(queue);
    } catch (const std::runtime_error&) {
      // Down, or paused: the next one may know.
    }
  }
  throw std::runtime_error("no node of rabbitmq can be reached" + LogTails());
}

std::string PrivateRabbitMqCluster::LogTails() const {
  std::string tails;
  for (const auto& node : nodes_) tails += node->LogTail() + "\n";
  return tails;
}

}  // namespace trellis::amqp::testing
