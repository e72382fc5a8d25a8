#include "services/post/feed.h"

#include <algorithm>

namespace trellis::post {

Async<WirePage> Feed::Read(std::vector<int64_t> user_ids, int limit,
                           std::optional<int64_t> before_id, base::Deadline deadline) {
  std::sort(user_ids.begin(), user_ids.end());
  user_ids.erase(std::unique(user_ids.begin(), user_ids.end()), user_ids.end());
  std::vector<PageKey> keys;
  keys.reserve(user_ids.size());
  for (const int64_t user_id : user_ids) {
    keys.push_back({.user_id = user_id, .limit = limit, .before_id = before_id});
  }
  const auto lists = co_await pages_.ReadLists(std::move(keys), deadline);
  if (!lists.ok()) co_return lists.status();

  std::vector<PostRef> merged;
  PageTail tail{.limit = limit};
  for (const CachedPage& list : *lists) {
    merged.insert(merged.end(), list.posts.begin(), list.posts.end());
    tail.has_more = tail.has_more || list.has_more;
  }
  std::sort(merged.begin(), merged.end(),
            [](const PostRef& a, const PostRef& b) { return a.id > b.id; });
  if (merged.size() > static_cast<size_t>(limit)) {
    merged.resize(static_cast<size_t>(limit));
    tail.has_more = true;
  }
  if (tail.has_more && !merged.empty()) tail.next_cursor = CursorBelow(merged.back().id);
  const auto listed = co_await objects_.ReadListed(std::move(merged), deadline);
  if (!listed.ok()) co_return listed.status();
  co_return MakeWirePage(listed->objects, tail);
}

}  // namespace trellis::post
