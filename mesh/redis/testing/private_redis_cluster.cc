#include "mesh/redis/testing/private_redis_cluster.h"

#include <csignal>
#include <set>
#include <sstream>
#include <stdexcept>

#include "mesh/redis/impl/redirect.h"
#include "mesh/redis/key_slot.h"
#include "mesh/redis/testing/run_command.h"

namespace trellis::redis::testing {

using base::milliseconds;
using base::testing::StablePort;
using base::testing::Subprocess;
using base::testing::TempDir;
using base::testing::WaitUntil;
using impl::InfoField;

namespace {

// Of the lines "first-last master replica...", as PrivateRedisCluster::Map makes them.
int ReplicasIn(const std::string& map) {
  std::istringstream lines(map);
  std::set<std::string> replicas;
  for (std::string line, word; std::getline(lines, line);) {
    std::istringstream words(line);
    words >> word >> word;
    while (words >> word) replicas.insert(word);
  }
  return static_cast<int>(replicas.size());
}

}  // namespace

PrivateRedisCluster::PrivateRedisCluster(PrivateRedisClusterOptions options) {
  const int all = options.masters * (1 + options.replicas_each);
  for (int i = 0; i < all; ++i) Add(options);
  for (int i = 0; i < all; ++i) at(i).process->Start();
  for (int i = 0; i < all; ++i) {
    Start(i);
    at(i).id = std::string(Run(i, {"CLUSTER", "MYID"}).Text());
  }
  for (int i = 0; i < options.masters; ++i) {
    const int first = kSlots * i / options.masters;
    const int last = kSlots * (i + 1) / options.masters - 1;
    Must(i, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    Must(i, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)});
  }
  // Each meets each, since gossip would take seconds.
  for (int i = 0; i < all; ++i) {
    for (int j = 0; j < i; ++j) {
      Must(i, {"CLUSTER", "MEET", "127.0.0.1", std::to_string(port(j)),
               std::to_string(at(j).bus_port)});
    }
  }
  for (int i = options.masters; i < all; ++i) {
    const std::string& master = id(i % options.masters);
    const bool follows = WaitUntil(
        [&] {
          return Run(i, {"CLUSTER", "REPLICATE", master}).Text() == "OK";
        },
        milliseconds(20000));
    if (!follows) throw std::runtime_error("a replica does not find its master");
  }
  WaitUntilOk();
}

void PrivateRedisCluster::Add(const PrivateRedisClusterOptions& options) {
  Node node;
  node.port = StablePort();
  node.bus_port = StablePort();
  node.directory = std::make_unique<TempDir>();
  std::vector<std::string> arguments = {
      "redis-server", "--port", std::to_string(node.port), "--bind", "127.0.0.1", "--dir",
      node.directory->path(), "--daemonize", "no", "--save", "", "--appendonly",
      options.append_only ? "yes" : "no", "--appendfsync", "always", "--cluster-enabled", "yes",
      "--cluster-port", std::to_string(node.bus_port), "--cluster-node-timeout",
      std::to_string(options.node_timeout.count()), "--cluster-replica-validity-factor", "0",
      "--cluster-allow-replica-migration", "no", "--repl-diskless-sync-delay", "0",
      "--cluster-require-full-coverage", "no",
      // CLUSTER SLOTS hides replicas that have received nothing.
      "--repl-ping-replica-period", "1"};
  arguments.insert(arguments.end(), options.extra_arguments.begin(), options.extra_arguments.end());
  node.process = std::make_unique<Subprocess>(
      Subprocess::Options{std::move(arguments), {}, node.directory->File("redis.log")});
  nodes_.push_back(std::move(node));
}

std::string PrivateRedisCluster::address(int node) const {
  return "127.0.0.1:" + std::to_string(port(node));
}

std::vector<std::string> PrivateRedisCluster::addresses() const {
  std::vector<std::string> all;
  for (int i = 0; i < size(); ++i) all.push_back(address(i));
  return all;
}

void PrivateRedisCluster::Start(int node) {
  if (!process(node).running()) process(node).Start();
  const bool up = WaitUntil([&] {
    try {
      return Run(node, {"PING"}).Text() == "PONG";
    } catch (const std::runtime_error&) {
      if (!process(node).running()) throw;
      return false;
    }
  });
  if (!up) throw std::runtime_error("redis-server does not answer: " + process(node).Output());
}

void PrivateRedisCluster::Stop(int node) const { at(node).process->Signal(SIGSTOP); }
void PrivateRedisCluster::Resume(int node) const { at(node).process->Signal(SIGCONT); }

void PrivateRedisCluster::FailOver(int replica) {
  const Reply before = Run(replica, {"INFO", "replication"});
  const int master = NodeAt(std::stoi(std::string(InfoField(before.Text(), "master_port"))));
  Must(replica, {"CLUSTER", "FAILOVER"});
  // The deposed one hears of it last, and answers reads until then.
  const bool done = WaitUntil([&] { return Role(replica) == "master" && Role(master) == "slave"; });
  if (!done) throw std::runtime_error("the replica does not take over");
  WaitUntilOk();
}

std::string PrivateRedisCluster::Role(int node) const {
  const Reply info = Run(node, {"INFO", "replication"});
  return std::string(InfoField(info.Text(), "role"));
}

std::string PrivateRedisCluster::Map(int node) const {
  const Reply ranges = Run(node, {"CLUSTER", "SLOTS"});
  std::set<std::string> lines;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const ReplyView range = ranges[i];
    std::set<int64_t> replicas;
    for (size_t j = 3; j < range.size(); ++j) replicas.insert(range[j][1].Integer());
    std::string line = std::to_string(range[0].Integer()) + "-" +
                       std::to_string(range[1].Integer()) + " " +
                       std::to_string(range[2][1].Integer());
    for (const int64_t replica : replicas) line += " " + std::to_string(replica);
    lines.insert(line);
  }
  std::string map;
  for (const std::string& line : lines) map += line + "\n";
  return map;
}

bool PrivateRedisCluster::IsWell() {
  std::set<std::string> maps;
  int replicas = 0;
  for (int i = 0; i < size(); ++i) {
    if (!process(i).running()) continue;
    const Reply cluster = Run(i, {"CLUSTER", "INFO"});
    if (InfoField(cluster.Text(), "cluster_state") != "ok" ||
        InfoField(cluster.Text(), "cluster_slots_ok") != std::to_string(kSlots) ||
        InfoField(cluster.Text(), "cluster_known_nodes") != std::to_string(size())) {
      return false;
    }
    maps.insert(Map(i));
    const Reply replication = Run(i, {"INFO", "replication"});
    if (InfoField(replication.Text(), "role") != "slave") continue;
    if (InfoField(replication.Text(), "master_link_status") != "up") return false;
    ++replicas;
  }
  // Gossip has told all of everybody's role.
  return maps.size() == 1 && ReplicasIn(*maps.begin()) == replicas;
}

void PrivateRedisCluster::WaitUntilOk(milliseconds patience) {
  if (!WaitUntil([this] { return IsWell(); }, patience)) {
    throw std::runtime_error("the redis cluster does not become well");
  }
}

Reply PrivateRedisCluster::Run(int node, const std::vector<std::string>& arguments) const {
  return RunCommand(port(node), arguments);
}

void PrivateRedisCluster::Must(int node, const std::vector<std::string>& arguments) const {
  const Reply reply = Run(node, arguments);
  if (reply.view().IsError()) throw std::runtime_error(std::string(reply.Text()));
}

int PrivateRedisCluster::NodeAt(int port) const {
  for (int i = 0; i < size(); ++i) {
    if (this->port(i) == port) return i;
  }
  throw std::runtime_error("no node of ours has this port");
}

int PrivateRedisCluster::MasterOf(int slot) const {
  for (int i = 0; i < size(); ++i) {
    if (!at(i).process->running()) continue;
    const Reply ranges = Run(i, {"CLUSTER", "SLOTS"});
    for (size_t range = 0; range < ranges.size(); ++range) {
      if (slot < ranges[range][0].Integer() || slot > ranges[range][1].Integer()) continue;
      return NodeAt(static_cast<int>(ranges[range][2][1].Integer()));
    }
  }
  throw std::runtime_error("nobody has the slot");
}

int PrivateRedisCluster::ReplicaOf(int master) const {
  const Reply info = Run(master, {"INFO", "replication"});
  const std::string_view first = InfoField(info.Text(), "slave0");  // ip=...,port=N,...
  const size_t port = first.find("port=");
  return port == std::string_view::npos ? -1
                                        : NodeAt(std::stoi(std::string(first.substr(port + 5))));
}

std::unique_ptr<Subprocess> PrivateRedisCluster::Reshard(int from, int to, int slots) const {
  auto process = std::make_unique<Subprocess>(Subprocess::Options{
      {"redis-cli", "--cluster", "reshard", address(from), "--cluster-from", id(from),
       "--cluster-to", id(to), "--cluster-slots", std::to_string(slots), "--cluster-yes"},
      {},
      at(from).directory->File("reshard.log")});
  process->Start();
  return process;
}

void PrivateRedisCluster::BeginMove(int slot, int from, int to) const {
  Must(to, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", id(from)});
  Must(from, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", id(to)});
}

void PrivateRedisCluster::MoveKey(const std::string& key, int from, int to) const {
  Must(from, {"MIGRATE", "127.0.0.1", std::to_string(port(to)), key, "0", "5000"});
}

void PrivateRedisCluster::EndMove(int slot, int from, int to) const {
  Must(to, {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id(to)});
  Must(from, {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id(to)});
}

}  // namespace trellis::redis::testing
