#ifndef MESH_REDIS_CLUSTER_H_
#define MESH_REDIS_CLUSTER_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/redis/cluster_client.h"
#include "mesh/redis/cluster_map.h"
#include "mesh/redis/cluster_observer.h"
#include "mesh/redis/connection.h"

namespace trellis::redis {

struct ClusterOptions {
  // Where to ask for the map at first and when all known nodes are gone; host:port.
  std::vector<std::string> seeds = {"127.0.0.1:17001"};
  // For the connection to each node; its address is not used. A node that owes an answer and says
  // nothing for stall_timeout is dropped: keep it below the cluster's cluster-node-timeout, so that
  // what a deposed master had in hand is not taken for new.
  ConnectionOptions connection = {.stall_timeout = base::milliseconds(1000)};
  // Commands that may be under way to one node; one more answers RESOURCE_EXHAUSTED.
  size_t max_outstanding_per_node = 16384;
  // How often one command is sent, redirections and repeats together.
  int max_attempts = 64;
  // Before a repeat that a redirection does not ask for. MOVED and ASK go at once at first.
  base::BackoffPolicy retry{base::milliseconds(8), base::milliseconds(200)};
  // The map is asked for this often when nothing calls for it, and never more often than the other.
  base::milliseconds refresh_every{30000};
  base::milliseconds min_refresh_interval{1000};
  // Up to so much is added to each refresh, so that many clients do not ask in step.
  base::milliseconds refresh_jitter{50};
  base::milliseconds refresh_timeout{500};
};

// A ClusterClient with one connection to each master (and to replicas that were asked for), which
// connect themselves again. Construct, use and destroy it on its reactor's thread; one for each
// reactor. Destroying it fails what is under way.
class Cluster final : public ClusterClient {
 public:
  // `observer` may be null; it is borrowed and may serve many clients.
  Cluster(boost::asio::any_io_executor executor, ClusterOptions options,
          ClusterObserver* observer = nullptr);
  ~Cluster() override;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  [[nodiscard]] boost::asio::awaitable<ClusterAnswer> Execute(
      KeyedCommand command, base::Deadline deadline, ClusterCallOptions options = {}) override;
  [[nodiscard]] boost::asio::awaitable<std::vector<ClusterAnswer>> ExecuteAll(
      std::vector<KeyedCommand> commands, base::Deadline deadline,
      ClusterCallOptions options = {}) override;
  [[nodiscard]] boost::asio::awaitable<std::vector<ClusterAnswer>> MGet(
      std::vector<std::string> keys, base::Deadline deadline,
      ClusterCallOptions options = {}) override;
  [[nodiscard]] bool Connected(std::string_view key) const override;

  // Who has which slot, as far as is known: masters in the order of their slots, each followed by
  // its replicas. Asks nobody, so it is as old as the last look at the map or redirection.
  [[nodiscard]] std::vector<ClusterNode> Nodes() const;

  // Whether every slot has a master that is connected: for readiness.
  [[nodiscard]] bool ready() const;
  // Called on the reactor when ready() has changed, with why it is not. Set it before the first
  // turn of the reactor.
  void set_on_change(std::function<void(bool ready, const std::string& reason)> on_change);

  struct Counts {
    uint64_t moved = 0, ask = 0;  // redirections followed
    uint64_t repeats = 0;         // commands sent again for another reason
    uint64_t refreshes = 0;       // times the map was asked for
  };
  [[nodiscard]] const Counts& counts() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

// "host:port,host:port" as an option has it: REDIS_CLUSTER_ADDRS. INVALID_ARGUMENT names the entry
// that is none.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> ParseSeeds(std::string_view text);

}  // namespace trellis::redis

#endif  // MESH_REDIS_CLUSTER_H_
