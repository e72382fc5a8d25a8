#ifndef SERVICES_POST_INVALIDATOR_H_
#define SERVICES_POST_INVALIDATOR_H_

#include <vector>

#include "services/post/invalidation_outbox.h"

namespace trellis::post {

// The port by which writes reach the caches. Belongs to one reactor.
class Invalidator {
 public:
  virtual ~Invalidator() = default;

  // Makes writes known, a status for each, in their order. Where it is OK, no reader, whichever
  // process it is in, takes an older generation of the user or an older version of the post for the
  // last from now on. May be repeated, and come in any order. Waits within the deadline for nodes
  // that are away: UNAVAILABLE or DEADLINE_EXCEEDED.
  virtual boost::asio::awaitable<std::vector<absl::Status>> Announce(
      std::vector<Invalidation> writes, base::Deadline deadline) = 0;

  // Whether the node that holds the user's generation is there, as far as is known without asking.
  [[nodiscard]] virtual bool IsReachable(int64_t user_id) const = 0;
  // The same of the node that holds the post.
  [[nodiscard]] virtual bool IsPostReachable(int64_t post_id) const = 0;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_INVALIDATOR_H_
