#ifndef SERVICES_POST_PAGE_CACHE_H_
#define SERVICES_POST_PAGE_CACHE_H_

#include <optional>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "services/post/page.h"

namespace trellis::post {

// What the cache says of a page at one moment.
struct PageLook {
  // The user's generation, where its record can be trusted.
  std::optional<int64_t> generation = {};
  // The page, when it is of that generation: as good as a read from Postgres now.
  std::optional<CachedPage> page = {};
};

// Leave to make a page that is missing.
struct PageLease {
  // Without it somebody else makes the page, and it is there soon.
  bool granted = false;
  // The state to compare with when the page is filled in: of before the caller asks Postgres.
  std::string captured = {};
  uint64_t incarnation = 0;
  std::string token = {};
};

struct PageFill {
  PageKey key;
  PageLease lease;
  CachedPage page;
};

// The port to the shared cache of lists and of users' generations. Belongs to one reactor. Entries
// may be gone at any time; nothing that it answers is older than what an Invalidator was told of
// before the call. Errors: UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED.
class PageCache {
 public:
  virtual ~PageCache() = default;

  virtual Async<PageLook> Look(PageKey key, base::Deadline deadline) = 0;
  // One look for each key, in their order, in a batch for each node.
  virtual boost::asio::awaitable<std::vector<absl::StatusOr<PageLook>>> LookMany(
      std::vector<PageKey> keys, base::Deadline deadline) = 0;

  // The user's generation, where the record can be trusted.
  virtual Async<std::optional<int64_t>> Generation(int64_t user_id, base::Deadline deadline) = 0;

  // Asks for leave to make pages, a lease for each, in a batch for each node. One caller in all
  // processes has that of a page at a time; it lapses by itself when its holder does not fill in.
  virtual boost::asio::awaitable<std::vector<absl::StatusOr<PageLease>>> Lease(
      std::vector<PageKey> keys, base::Deadline deadline) = 0;

  // Puts in what Postgres answered after the lease, whether it was granted or not. False: somebody
  // wrote meanwhile, and the page was not kept; it was still right for the caller.
  virtual boost::asio::awaitable<std::vector<absl::StatusOr<bool>>> Fill(
      std::vector<PageFill> fills, base::Deadline deadline) = 0;

  // Gives back a lease that will not be filled in. Best effort: it lapses by itself.
  virtual boost::asio::awaitable<void> Release(PageKey key, PageLease lease,
                                               base::Deadline deadline) = 0;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_PAGE_CACHE_H_
