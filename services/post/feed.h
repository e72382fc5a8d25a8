#ifndef SERVICES_POST_FEED_H_
#define SERVICES_POST_FEED_H_

#include "services/post/page_reader.h"

namespace trellis::post {

// Merges the newest posts of many users, whose lists lie on many shards: one look for all lists,
// and one for the posts that come out on top. Belongs to one reactor. Borrows the readers.
class Feed {
 public:
  Feed(PageReader& pages, ObjectReader& objects) : pages_(pages), objects_(objects) {}

  // The newest `limit` posts of these users below `before_id`, newest first. Users that do not
  // exist add nothing.
  Async<WirePage> Read(std::vector<int64_t> user_ids, int limit, std::optional<int64_t> before_id,
                       base::Deadline deadline);

 private:
  PageReader& pages_;
  ObjectReader& objects_;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_FEED_H_
