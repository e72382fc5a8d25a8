#include "mesh/redis/cluster_metrics.h"

#include "mesh/telemetry/log.h"

namespace trellis::redis {
namespace {

constexpr char kRefreshes[] = "trellis_redis_cluster_refreshes_total";
constexpr char kRefreshesHelp[] = "Times that a cluster client asked for the map of slots.";

}  // namespace

std::string_view NameOf(ClusterRepeat repeat) {
  constexpr std::string_view kNames[kClusterRepeats] = {
      "moved", "ask", "tryagain", "clusterdown", "loading", "readonly", "away"};
  return kNames[static_cast<size_t>(repeat)];
}

std::string_view NameOf(NodeError error) {
  constexpr std::string_view kNames[kNodeErrors] = {"lost", "timeout", "full"};
  return kNames[static_cast<size_t>(error)];
}

ClusterMetrics::ClusterMetrics(telemetry::Metrics& metrics)
    : refreshed_(metrics.AddCounter(kRefreshes, kRefreshesHelp, {{"outcome", "ok"}})),
      not_refreshed_(metrics.AddCounter(kRefreshes, kRefreshesHelp, {{"outcome", "failed"}})),
      outstanding_(metrics.AddGauge("trellis_redis_cluster_outstanding",
                                    "Commands under way to the nodes of the cluster.")),
      connections_(metrics.AddGauge("trellis_redis_cluster_connections",
                                    "Connections to nodes of the cluster that are up.")) {
  for (int i = 0; i < kClusterRepeats; ++i) {
    repeats_[static_cast<size_t>(i)] = &metrics.AddCounter(
        "trellis_redis_cluster_repeats_total", "Commands that came back to be sent again.",
        {{"cause", std::string(NameOf(static_cast<ClusterRepeat>(i)))}});
  }
  for (int i = 0; i < kNodeErrors; ++i) {
    errors_[static_cast<size_t>(i)] = &metrics.AddCounter(
        "trellis_redis_cluster_node_errors_total", "Commands that a node did not answer.",
        {{"error", std::string(NameOf(static_cast<NodeError>(i)))}});
  }
}

void ClusterMetrics::OnRepeat(ClusterRepeat repeat) {
  repeats_[static_cast<size_t>(repeat)]->Increment();
}

void ClusterMetrics::OnRefresh(bool ok) {
  (ok ? refreshed_ : not_refreshed_).Increment();
  if (!ok) telemetry::Log(telemetry::Level::kWarn, "no node of the redis cluster gives a map");
}

void ClusterMetrics::OnNodeError(NodeError error, int commands) {
  errors_[static_cast<size_t>(error)]->Increment(commands);
}

void ClusterMetrics::OnOutstanding(int change) { outstanding_.Increment(change); }

void ClusterMetrics::OnConnection(const std::string& address, bool connected,
                                  const std::string& reason) {
  connections_.Increment(connected ? 1 : -1);
  if (connected) {
    telemetry::Log(telemetry::Level::kInfo, "redis cluster node connected", {{"node", address}});
  } else {
    telemetry::Log(telemetry::Level::kWarn, "redis cluster node lost",
                   {{"node", address}, {"error", reason}});
  }
}

}  // namespace trellis::redis
