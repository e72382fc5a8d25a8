#ifndef SERVICES_POST_INVALIDATION_OUTBOX_H_
#define SERVICES_POST_INVALIDATION_OUTBOX_H_

#include "mesh/base/deadline.h"
#include "services/post/post.h"

namespace trellis::post {

// What a committed write asks of the caches: to know this generation of the user, and to forget
// older versions of the post.
struct Invalidation {
  int64_t id = 0;
  int64_t user_id = 0;
  std::optional<int64_t> post_id = {};  // none: the user was created
  int64_t generation = 0;
};

struct OutboxStats {
  int64_t depth = 0;
  base::milliseconds oldest_age{0};
};

// The port to the invalidations that writes have left behind. Who wrote invalidates by itself and
// leaves its row; a sweeper does it again, since the writer may have died in between, and removes
// it. Thread-safe; errors as PostStore's.
class InvalidationOutbox {
 public:
  virtual ~InvalidationOutbox() = default;

  // Rows that are at least so old, oldest first, and that nobody has taken: leased to the caller,
  // who removes them within that time, or another takes them, too (an invalidation may be made
  // twice). Several sweepers share the rows and do not wait for each other.
  virtual Async<std::vector<Invalidation>> Take(base::milliseconds older_than,
                                                base::milliseconds lease, int limit,
                                                base::Deadline deadline) = 0;
  // Forgets them; unknown ids are ignored.
  virtual boost::asio::awaitable<absl::Status> Remove(std::vector<int64_t> ids,
                                                      base::Deadline deadline) = 0;
  virtual Async<OutboxStats> Stats(base::Deadline deadline) = 0;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_INVALIDATION_OUTBOX_H_
