#ifndef SERVICES_POST_REDIS_OBJECT_CACHE_H_
#define SERVICES_POST_REDIS_OBJECT_CACHE_H_

#include "mesh/redis/cluster_client.h"
#include "services/post/cache_settings.h"
#include "services/post/object_cache.h"

namespace trellis::post {

// ObjectCache on a Redis Cluster. An entry is "version stamp kind" and the bytes: kind "o" is a
// post, "p" a placeholder, whose bytes are a nonce. The stamp is the incarnation of the node on
// which the entry holds without a list that vouches for it; 0: on none. Borrows the client.
class RedisObjectCache final : public ObjectCache {
 public:
  RedisObjectCache(redis::ClusterClient& cluster, CacheSettings settings);

  boost::asio::awaitable<ListedViews> GetListed(std::vector<PostRef> posts,
                                                base::Deadline deadline) override;
  boost::asio::awaitable<void> PutListed(std::vector<int64_t> ids, std::vector<PostObject> objects,
                                         base::Deadline deadline) override;
  Async<ObjectCapture> Capture(int64_t id, base::Deadline deadline) override;
  boost::asio::awaitable<void> Fill(int64_t id, ObjectCapture capture, PostObject object,
                                    base::Deadline deadline) override;

 private:
  redis::ClusterClient& cluster_;
  const CacheSettings settings_;
  const redis::Script put_listed_, capture_, fill_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_REDIS_OBJECT_CACHE_H_
