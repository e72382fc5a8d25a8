#ifndef MESH_REDIS_CLUSTER_METRICS_H_
#define MESH_REDIS_CLUSTER_METRICS_H_

#include <array>
#include <string>

#include "mesh/redis/cluster_observer.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::redis {

// Cluster clients as metrics; which node it was is in the log, not in a label. One for all reactors
// of a process. Thread-safe; borrows `metrics`.
//   trellis_redis_cluster_repeats_total{cause}        moved, ask, tryagain, clusterdown, loading,
//                                                     readonly, away
//   trellis_redis_cluster_refreshes_total{outcome}    ok, failed
//   trellis_redis_cluster_node_errors_total{error}    commands: lost, timeout, full
//   trellis_redis_cluster_outstanding                 commands under way
//   trellis_redis_cluster_connections                 connections that are up
class ClusterMetrics final : public ClusterObserver {
 public:
  explicit ClusterMetrics(telemetry::Metrics& metrics);

  void OnRepeat(ClusterRepeat repeat) override;
  void OnRefresh(bool ok) override;
  void OnNodeError(NodeError error, int commands) override;
  void OnOutstanding(int change) override;
  void OnConnection(const std::string& address, bool connected, const std::string& reason) override;

 private:
  std::array<telemetry::Counter*, kClusterRepeats> repeats_{};
  std::array<telemetry::Counter*, kNodeErrors> errors_{};
  telemetry::Counter& refreshed_;
  telemetry::Counter& not_refreshed_;
  telemetry::Gauge& outstanding_;
  telemetry::Gauge& connections_;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_CLUSTER_METRICS_H_
