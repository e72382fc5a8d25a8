#ifndef MESH_REDIS_IMPL_CLUSTER_CORE_H_
#define MESH_REDIS_IMPL_CLUSTER_CORE_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "mesh/redis/cluster.h"
#include "mesh/redis/impl/topology.h"

namespace trellis::redis::impl {

// What a Cluster and its calls share: the map, and the one coroutine that asks for it anew. Owned
// by the Cluster, the calls under way and that coroutine. Lives on one reactor.
class ClusterCore : public std::enable_shared_from_this<ClusterCore> {
 public:
  ClusterCore(boost::asio::any_io_executor executor, ClusterOptions options,
              ClusterObserver* observer);

  void Start();
  void Close();

  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] const ClusterOptions& options() const { return options_; }
  [[nodiscard]] Topology& topology() { return topology_; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] ClusterObserver& observer() { return *observer_; }
  [[nodiscard]] Cluster::Counts& counts() { return counts_; }
  void set_on_change(std::function<void(bool, const std::string&)> on_change) {
    on_change_ = std::move(on_change);
  }

  // Has the map asked for anew, as soon as that may be. Cheap.
  void WantRefresh();
  // Links that one step of a call gathers for.
  std::vector<Link*> touched;

 private:
  boost::asio::awaitable<void> RefreshLoop();
  // Waits until the map is to be asked for.
  boost::asio::awaitable<void> AwaitCause(base::SteadyTime last);
  boost::asio::awaitable<bool> Refresh();
  boost::asio::awaitable<bool> AskSeeds();
  boost::asio::awaitable<bool> Ask(Connection* connection, std::string address);
  boost::asio::awaitable<void> SleepUntil(base::SteadyTime time);
  void OnLink(Link& link, bool connected, const std::string& reason);
  void LookForChange();

  const boost::asio::any_io_executor executor_;
  const ClusterOptions options_;
  ClusterObserver* const observer_;
  Topology topology_;
  boost::asio::steady_timer timer_;
  std::function<void(bool, const std::string&)> on_change_;
  Cluster::Counts counts_;
  bool was_ready_ = false;
  bool refresh_wanted_ = true;
  bool idle_ = false;  // in AwaitCause, which WantRefresh may end
  bool closed_ = false;
};

}  // namespace trellis::redis::impl

#endif  // MESH_REDIS_IMPL_CLUSTER_CORE_H_
