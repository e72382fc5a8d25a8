#ifndef SERVICES_POST_OBJECT_READER_H_
#define SERVICES_POST_OBJECT_READER_H_

#include <vector>

#include "services/post/object_cache.h"
#include "services/post/post_store.h"
#include "services/post/read_counters.h"

namespace trellis::post {

// Posts that a list names.
struct ListedObjects {
  // In the list's order; without those that were deleted since.
  std::vector<PostObjectView> objects;
  // All are there in the list's very versions.
  bool exact = true;
  // What the bytes belong to: Redis' answers, and posts from Postgres.
  std::shared_ptr<const void> cached = {};
  std::shared_ptr<const std::vector<PostObject>> read = {};
};

// Reads posts in their wire form: from Redis, and those that are missing from Postgres in one
// query. Belongs to one reactor. Borrows its ports.
class ObjectReader {
 public:
  ObjectReader(ObjectCache& cache, PostStore& store, ReadCounters& counters)
      : cache_(cache), store_(store), counters_(counters) {}

  // None older than the list has it. Errors: PostStore's.
  Async<ListedObjects> ReadListed(std::vector<PostRef> posts, base::Deadline deadline);

  // One by its id: no older than an acknowledged write, and of `min_generation` or asked of
  // Postgres. NOT_FOUND, and PostStore's errors.
  Async<PostObject> Read(int64_t id, int64_t min_generation, base::Deadline deadline);

  // Puts posts into Redis that were read together with a list.
  boost::asio::awaitable<void> Keep(const std::vector<Post>& posts, base::Deadline deadline);

 private:
  ObjectCache& cache_;
  PostStore& store_;
  ReadCounters& counters_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_OBJECT_READER_H_
