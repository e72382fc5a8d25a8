#ifndef SERVICES_POST_REDIS_INVALIDATOR_H_
#define SERVICES_POST_REDIS_INVALIDATOR_H_

#include "mesh/redis/cluster_client.h"
#include "services/post/cache_settings.h"
#include "services/post/invalidator.h"

namespace trellis::post {

// Invalidator on a Redis Cluster: raises users' generations and puts placeholders in the place of
// posts, all in one batch for each node. Borrows the client.
class RedisInvalidator final : public Invalidator {
 public:
  RedisInvalidator(redis::ClusterClient& cluster, CacheSettings settings);

  boost::asio::awaitable<std::vector<absl::Status>> Announce(std::vector<Invalidation> writes,
                                                             base::Deadline deadline) override;
  [[nodiscard]] bool IsReachable(int64_t user_id) const override;
  [[nodiscard]] bool IsPostReachable(int64_t post_id) const override;

 private:
  redis::ClusterClient& cluster_;
  const CacheSettings settings_;
  const redis::Script generation_, object_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_REDIS_INVALIDATOR_H_
