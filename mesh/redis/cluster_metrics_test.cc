#include "mesh/redis/cluster_metrics.h"

#include <gmock/gmock.h>

namespace trellis::redis {
namespace {

using ::testing::HasSubstr;

TEST(ClusterMetricsTest, CountsByCause) {
  telemetry::Metrics metrics;
  ClusterMetrics cluster(metrics);
  cluster.OnRepeat(ClusterRepeat::kMoved);
  cluster.OnRepeat(ClusterRepeat::kMoved);
  cluster.OnRefresh(true);
  cluster.OnRefresh(false);
  cluster.OnNodeError(NodeError::kTimeout, 17);
  cluster.OnOutstanding(20);
  cluster.OnOutstanding(-5);
  cluster.OnConnection("10.0.0.1:6379", true, "");
  const std::string text = metrics.Text();
  for (const char* line :
       {"trellis_redis_cluster_repeats_total{cause=\"moved\"} 2\n",
        "trellis_redis_cluster_repeats_total{cause=\"ask\"} 0\n",
        "trellis_redis_cluster_refreshes_total{outcome=\"ok\"} 1\n",
        "trellis_redis_cluster_refreshes_total{outcome=\"failed\"} 1\n",
        "trellis_redis_cluster_node_errors_total{error=\"timeout\"} 17\n",
        "trellis_redis_cluster_outstanding 15\n", "trellis_redis_cluster_connections 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, ::testing::Not(HasSubstr("10.0.0.1"))) << "addresses belong in the log";
}

}  // namespace
}  // namespace trellis::redis
