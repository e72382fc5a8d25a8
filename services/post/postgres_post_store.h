#ifndef SERVICES_POST_POSTGRES_POST_STORE_H_
#define SERVICES_POST_POSTGRES_POST_STORE_H_

#include "mesh/postgres/pool.h"
#include "services/post/post_store.h"

namespace trellis::post {

// PostStore on the schema of migrations/: each call is a transaction of one statement (queries/).
// Holds a reference to the pool, which outlives it; its plans want PoolOptions::keep_plans.
class PostgresPostStore final : public PostStore {
 public:
  explicit PostgresPostStore(postgres::Pool& pool) : pool_(pool) {}

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
  postgres::Pool& pool_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_POSTGRES_POST_STORE_H_
