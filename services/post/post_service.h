#ifndef SERVICES_POST_POST_SERVICE_H_
#define SERVICES_POST_POST_SERVICE_H_

#include <memory>
#include <vector>

#include "mesh/redis/cluster.h"
#include "mesh/rpc/runtime.h"
#include "services/post/cache_auditor.h"
#include "services/post/feed.h"
#include "services/post/hot_users.h"
#include "services/post/page_reader.h"
#include "services/post/post_writer.h"

namespace grpc {
class Service;
}

namespace trellis::post {

// What the service stands on; references outlive it. Those in vectors have one entry for each of
// the runtime's reactors.
struct PostPorts {
  std::vector<PageReader*> pages = {};
  std::vector<ObjectReader*> objects = {};
  std::vector<Feed*> feeds = {};
  std::vector<PostWriter*> writers = {};
  std::vector<const redis::Cluster*> clusters = {};
  PostStore& store;
  HotUsers& hot_users;
  ReadCounters& counters;
  CacheAuditor& auditor;
};

// The RPC surface of proto/trellis/post/v1/post.proto: checks requests, calls the domain, and turns
// structs into messages.
[[nodiscard]] std::unique_ptr<grpc::Service> MakePostService(rpc::Runtime& runtime,
                                                             PostPorts ports);

// Its full name, for health and routing.
inline constexpr char kPostServiceName[] = "trellis.post.v1.PostService";

}  // namespace trellis::post

#endif  // SERVICES_POST_POST_SERVICE_H_
