#include "services/post/object_reader.h"

#include <unordered_map>

#include "services/post/wire.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;

Async<ListedObjects> ObjectReader::ReadListed(std::vector<PostRef> posts, Deadline deadline) {
  ListedObjects listed;
  if (posts.empty()) co_return listed;
  std::vector<std::optional<PostObject>> found = co_await cache_.GetListed(posts, deadline);
  std::vector<int64_t> missing;
  for (size_t i = 0; i < posts.size(); ++i) {
    if (!found[i]) missing.push_back(posts[i].id);
  }
  counters_.object_hits.Increment(static_cast<double>(posts.size() - missing.size()));
  if (!missing.empty()) {
    counters_.object_misses.Increment(static_cast<double>(missing.size()));
    const absl::StatusOr<std::vector<Post>> rows = co_await store_.GetPosts(missing, deadline);
    if (!rows.ok()) co_return rows.status();
    std::unordered_map<int64_t, PostObject> by_id;
    for (const Post& post : *rows) by_id.emplace(post.id, ObjectOf(post));
    for (size_t i = 0; i < posts.size(); ++i) {
      if (found[i]) continue;
      if (const auto row = by_id.find(posts[i].id); row != by_id.end()) found[i] = row->second;
    }
    co_await Keep(*rows, deadline);
  }
  listed.objects.reserve(posts.size());
  for (size_t i = 0; i < posts.size(); ++i) {
    listed.exact = listed.exact && found[i] && found[i]->version == posts[i].version;
    if (found[i]) listed.objects.push_back(*std::move(found[i]));
  }
  co_return listed;
}

Async<PostObject> ObjectReader::Read(int64_t id, int64_t min_generation, Deadline deadline) {
  const absl::StatusOr<ObjectCapture> capture = co_await cache_.Capture(id, deadline);
  if (capture.ok() && capture->object && capture->object->version >= min_generation) {
    counters_.object_hits.Increment();
    co_return *capture->object;
  }
  (capture.ok() ? counters_.object_misses : counters_.bypassed).Increment();
  const absl::StatusOr<Post> post = co_await store_.GetPost(id, deadline);
  if (!post.ok()) co_return post.status();
  PostObject object = ObjectOf(*post);
  if (capture.ok() && !capture->object) co_await cache_.Fill(id, *capture, object, deadline);
  co_return object;
}

asio::awaitable<void> ObjectReader::Keep(const std::vector<Post>& posts, Deadline deadline) {
  std::vector<int64_t> ids;
  std::vector<PostObject> objects;
  ids.reserve(posts.size());
  objects.reserve(posts.size());
  for (const Post& post : posts) {
    ids.push_back(post.id);
    objects.push_back(ObjectOf(post));
  }
  co_await cache_.PutListed(std::move(ids), std::move(objects), deadline);
}

}  // namespace trellis::post
