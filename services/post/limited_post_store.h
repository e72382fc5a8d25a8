#ifndef SERVICES_POST_LIMITED_POST_STORE_H_
#define SERVICES_POST_LIMITED_POST_STORE_H_

#include "mesh/resilience/concurrency_limiter.h"
#include "services/post/post_store.h"

namespace trellis::post {

// Lets so many reads at a time through to the store as it keeps up with, and refuses the others
// with RESOURCE_EXHAUSTED at once: while Redis is away, all reads come here. Writes pass. Borrows
// the store and the limiter, which all reactors share. Thread-safe as the store is.
class LimitedPostStore final : public PostStore {
 public:
  LimitedPostStore(PostStore& store, resilience::ConcurrencyLimiter& limiter)
      : store_(store), limiter_(limiter) {}

  Async<User> CreateUser(std::string username, std::string email, base::Deadline deadline) override;
  Async<User> GetUser(int64_t id, base::Deadline deadline) override;
  Async<Post> CreatePost(int64_t user_id, std::string content, base::Deadline deadline) override;
  Async<Post> UpdatePost(int64_t id, std::string content, base::Deadline deadline) override;
  Async<DeletedPost> DeletePost(int64_t id, base::Deadline deadline) override;
  Async<PostPage> ListPage(PageKey key, base::Deadline deadline) override;
  Async<std::vector<PostPage>> ListNewest(std::vector<int64_t> user_ids, int limit,
                                          std::optional<int64_t> before_id,
                                          base::Deadline deadline) override;
  Async<std::vector<Post>> GetPosts(std::vector<int64_t> ids, base::Deadline deadline) override;
  Async<Post> GetPost(int64_t id, base::Deadline deadline) override;
  Async<int64_t> GetGeneration(int64_t user_id, base::Deadline deadline) override;

 private:
  PostStore& store_;
  resilience::ConcurrencyLimiter& limiter_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_LIMITED_POST_STORE_H_
