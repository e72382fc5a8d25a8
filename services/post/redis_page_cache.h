#ifndef SERVICES_POST_REDIS_PAGE_CACHE_H_
#define SERVICES_POST_REDIS_PAGE_CACHE_H_

#include "mesh/redis/cluster_client.h"
#include "services/post/cache_settings.h"
#include "services/post/page_cache.h"

namespace trellis::post {

// PageCache on a Redis Cluster. All of a user's keys carry the hash tag {<user id>}, so one slot
// holds the record of the generation, the pages and their leases, and a look is one MGET. Borrows
// the client.
class RedisPageCache final : public PageCache {
 public:
  RedisPageCache(redis::ClusterClient& cluster, CacheSettings settings);

  Async<PageLook> Look(PageKey key, base::Deadline deadline) override;
  boost::asio::awaitable<std::vector<absl::StatusOr<PageLook>>> LookMany(
      std::vector<PageKey> keys, base::Deadline deadline) override;
  Async<std::optional<int64_t>> Generation(int64_t user_id, base::Deadline deadline) override;
  boost::asio::awaitable<std::vector<absl::StatusOr<PageLease>>> Lease(
      std::vector<PageKey> keys, base::Deadline deadline) override;
  boost::asio::awaitable<std::vector<absl::StatusOr<bool>>> Fill(std::vector<PageFill> fills,
                                                                 base::Deadline deadline) override;
  boost::asio::awaitable<void> Release(PageKey key, PageLease lease,
                                       base::Deadline deadline) override;

 private:
  redis::KeyedCommand LeaseCommand(const PageKey& key, const std::string& token) const;
  redis::KeyedCommand FillCommand(PageFill fill) const;

  redis::ClusterClient& cluster_;
  const CacheSettings settings_;
  const redis::Script lease_, fill_, release_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_REDIS_PAGE_CACHE_H_
