#ifndef SERVICES_POST_PAGE_H_
#define SERVICES_POST_PAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/clock.h"
#include "services/post/post.h"

namespace trellis::post {

// A post as a list names it: `version` is the post's generation at the time of the list.
struct PostRef {
  int64_t id = 0;
  int64_t version = 0;
  friend bool operator==(const PostRef&, const PostRef&) = default;
};

// A page of a user's posts as the list cache holds it.
struct CachedPage {
  // The user's, in the same snapshot of Postgres as the list; 0: there is no such user.
  int64_t generation = 0;
  std::vector<PostRef> posts;
  bool has_more = false;
  // For the early refresh: how long it took to make, and when Redis forgets it.
  base::milliseconds cost{0};
  base::WallTime expires_at{};
};

[[nodiscard]] CachedPage CachedPageOf(const PostPage& page);

// The value in Redis: the generation in decimal digits and a blank, which is what the scripts
// read, and then varints (LEB128): flags, cost in ms, expiry in Unix ms, the ids as differences
// downwards, the versions as differences to the generation.
[[nodiscard]] std::string EncodePage(const CachedPage& page);
// Nothing for what is no page.
[[nodiscard]] std::optional<CachedPage> DecodePage(std::string_view bytes);

// "<limit>:<before_id>" or "<limit>:+<offset>": what tells a user's pages apart.
[[nodiscard]] std::string PageName(const PageKey& key);

// XFetch (Vattani et al., VLDB 2015): whether this reader is to make the page anew before it
// expires; the likelier the nearer expiry is and the dearer the page. `random` is uniform in (0,1].
[[nodiscard]] bool IsDueEarly(const CachedPage& page, base::WallTime now, double random);

}  // namespace trellis::post

#endif  // SERVICES_POST_PAGE_H_
