#ifndef MESH_REDIS_TESTING_PRIVATE_REDIS_CLUSTER_H_
#define MESH_REDIS_TESTING_PRIVATE_REDIS_CLUSTER_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/base/testing/subprocess.h"
#include "mesh/redis/reply.h"

namespace trellis::redis::testing {

struct PrivateRedisClusterOptions {
  int masters = 3;
  int replicas_each = 1;
  base::milliseconds node_timeout{1000};  // a failover takes one to three times as long
  bool append_only = false;               // with a sync at every write
  std::vector<std::string> extra_arguments = {};
};

// A real Redis Cluster of a test's own, on free ports of loopback. Nodes are known by number: first
// the masters, then as many replicas again, the i-th master's first. Roles change as masters die.
// Blocking; throws when something cannot be done. Not thread-safe.
class PrivateRedisCluster {
 public:
  // Waits until it serves and every replica has caught up; some seconds.
  explicit PrivateRedisCluster(PrivateRedisClusterOptions options = {});

  [[nodiscard]] int size() const { return static_cast<int>(nodes_.size()); }
  [[nodiscard]] int port(int node) const { return at(node).port; }
  [[nodiscard]] std::string address(int node) const;
  [[nodiscard]] std::vector<std::string> addresses() const;
  // As CLUSTER MYID says it.
  [[nodiscard]] const std::string& id(int node) const { return at(node).id; }
  [[nodiscard]] base::testing::Subprocess& process(int node) { return *at(node).process; }

  // kill -9.
  void Kill(int node) { at(node).process->Kill(); }
  // Starts a killed node again on its port with its directory, and waits until it answers.
  void Start(int node);
  // SIGSTOP: its connections stand, and it says nothing.
  void Stop(int node) const;
  void Resume(int node) const;
  // Has a replica take over from its master, which must be there; waits for it.
  void FailOver(int replica);

  // Whether all running nodes agree on who has what, and say that all is well.
  [[nodiscard]] bool IsWell();
  void WaitUntilOk(base::milliseconds patience = base::milliseconds(20000));

  // One command on a connection of its own.
  [[nodiscard]] Reply Run(int node, const std::vector<std::string>& arguments) const;

  // Which node has the slot, as a running node sees it.
  [[nodiscard]] int MasterOf(int slot) const;
  // The node that a master's copy is on; -1 without one.
  [[nodiscard]] int ReplicaOf(int master) const;

  // `redis-cli --cluster reshard`, started.
  [[nodiscard]] std::unique_ptr<base::testing::Subprocess> Reshard(int from, int to,
                                                                   int slots) const;
  // A move by hand: between Begin and End, a key is where MoveKey has put it.
  void BeginMove(int slot, int from, int to) const;
  void MoveKey(const std::string& key, int from, int to) const;
  void EndMove(int slot, int from, int to) const;

 private:
  struct Node {
    int port = 0;
    int bus_port = 0;
    std::string id;
    std::unique_ptr<base::testing::TempDir> directory;
    std::unique_ptr<base::testing::Subprocess> process;
  };

  [[nodiscard]] const Node& at(int node) const { return nodes_.at(static_cast<size_t>(node)); }
  [[nodiscard]] Node& at(int node) { return nodes_.at(static_cast<size_t>(node)); }
  void Add(const PrivateRedisClusterOptions& options);
  // Throws what is answered instead of OK.
  void Must(int node, const std::vector<std::string>& arguments) const;
  [[nodiscard]] int NodeAt(int port) const;
  [[nodiscard]] std::string Role(int node) const;
  // Who has what, as this node sees it: lines of slots, the master's port and the replicas'.
  [[nodiscard]] std::string Map(int node) const;

  std::vector<Node> nodes_;
};

}  // namespace trellis::redis::testing

#endif  // MESH_REDIS_TESTING_PRIVATE_REDIS_CLUSTER_H_
