#ifndef SERVICES_POST_POST_WRITER_H_
#define SERVICES_POST_POST_WRITER_H_

#include <functional>

#include "services/post/invalidator.h"
#include "services/post/post_store.h"

namespace trellis::post {

struct PostWriterOptions {
  // How long a write waits for the cache's node before anything is written.
  base::milliseconds patience{2'000};
};

// Writes users and posts: first to Postgres, then makes it known to the caches, then answers. OK
// means that the write is durable and that no read that starts now misses it.
//
// UNAVAILABLE and DEADLINE_EXCEEDED whose message begins with "written": it is durable, and the
// caches learn of it within seconds from the outbox. Other errors are PostStore's, or UNAVAILABLE
// because the caches could not have been told: nothing was written. Belongs to one reactor.
class PostWriter {
 public:
  PostWriter(PostStore& store, Invalidator& invalidator, PostWriterOptions options = {})
      : store_(store), invalidator_(invalidator), options_(options) {}

  Async<User> CreateUser(std::string username, std::string email, base::Deadline deadline);
  Async<Post> CreatePost(int64_t user_id, std::string content, base::Deadline deadline);
  Async<Post> UpdatePost(int64_t id, std::string content, base::Deadline deadline);
  Async<DeletedPost> DeletePost(int64_t id, base::Deadline deadline);

 private:
  boost::asio::awaitable<absl::Status> AwaitPostNode(int64_t id, base::Deadline deadline);
  boost::asio::awaitable<absl::Status> AwaitNode(std::function<bool()> is_there,
                                                 base::Deadline deadline);
  boost::asio::awaitable<absl::Status> Announce(Invalidation write, base::Deadline deadline);

  PostStore& store_;
  Invalidator& invalidator_;
  const PostWriterOptions options_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_POST_WRITER_H_
