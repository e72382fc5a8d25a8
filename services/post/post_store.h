#ifndef SERVICES_POST_POST_STORE_H_
#define SERVICES_POST_POST_STORE_H_

#include "mesh/base/deadline.h"
#include "services/post/post.h"

namespace trellis::post {

struct DeletedPost {
  int64_t user_id = 0;
  int64_t generation = 0;  // the user's, after the deletion
};

// The port to the truth about users and posts: what it answers OK to is durable, and is seen by
// every read that begins later. Thread-safe; parameters are kept by value.
// Each write puts a row into the invalidation outbox in the same transaction (InvalidationOutbox).
// Errors of all: UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED (nothing happened), UNKNOWN
// (the connection broke during the commit: whether it happened is not known), INVALID_ARGUMENT
// (text that Postgres does not take, such as one with a NUL).
class PostStore {
 public:
  virtual ~PostStore() = default;

  // With generation 1. ALREADY_EXISTS begins with the field: "username: ..." or "email: ...".
  // Emails that differ only in case are one.
  virtual Async<User> CreateUser(std::string username, std::string email,
                                 base::Deadline deadline) = 0;
  // NOT_FOUND.
  virtual Async<User> GetUser(int64_t id, base::Deadline deadline) = 0;

  // The post's version is the user's new generation. NOT_FOUND: no such user.
  virtual Async<Post> CreatePost(int64_t user_id, std::string content, base::Deadline deadline) = 0;
  // As CreatePost. NOT_FOUND: no such post.
  virtual Async<Post> UpdatePost(int64_t id, std::string content, base::Deadline deadline) = 0;
  // NOT_FOUND.
  virtual Async<DeletedPost> DeletePost(int64_t id, base::Deadline deadline) = 0;

  // Generation and posts of one snapshot.
  virtual Async<PostPage> ListPage(PageKey key, base::Deadline deadline) = 0;
  // The newest posts of each of these users, below before_id if there is one; a page for each, in
  // their order, all of one snapshot. What a feed is merged from. `limit` as in PageKey.
  virtual Async<std::vector<PostPage>> ListNewest(std::vector<int64_t> user_ids, int limit,
                                                  std::optional<int64_t> before_id,
                                                  base::Deadline deadline) = 0;
  // Those that there are, in no order.
  virtual Async<std::vector<Post>> GetPosts(std::vector<int64_t> ids, base::Deadline deadline) = 0;
  // NOT_FOUND.
  virtual Async<Post> GetPost(int64_t id, base::Deadline deadline) = 0;
  // 0: no such user.
  virtual Async<int64_t> GetGeneration(int64_t user_id, base::Deadline deadline) = 0;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_POST_STORE_H_
