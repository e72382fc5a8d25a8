#include "services/post/object_reader.h"

#include <unordered_map>

#include "services/post/wire.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;

Async<ListedObjects> ObjectReader::ReadListed(std::vector<PostRef> posts, Deadline deadline) {
  ListedObjects listed;
  if (posts.empty()) co_return listed;
  ListedViews found = co_await cache_.GetListed(posts, deadline);
  listed.cached = std::move(found.owner);
  std::vector<int64_t> missing;
  for (size_t i = 0; i < posts.size(); ++i) {
    if (!found.objects[i]) missing.push_back(posts[i].id);
  }
  counters_.object_hits.Increment(static_cast<double>(posts.size() - missing.size()));
  if (!missing.empty()) {
    counters_.object_misses.Increment(static_cast<double>(missing.size()));
    const absl::StatusOr<std::vector<Post>> rows = co_await store_.GetPosts(missing, deadline);
    if (!rows.ok()) co_return rows.status();
    const auto read = std::make_shared<std::vector<PostObject>>();
    read->reserve(rows->size());  // the views refer to its elements
    std::unordered_map<int64_t, PostObjectView> by_id;
    for (const Post& post : *rows) {
      const PostObject& object = read->emplace_back(ObjectOf(post));
      by_id.emplace(post.id, PostObjectView{object.version, object.bytes});
    }
    for (size_t i = 0; i < posts.size(); ++i) {
      if (found.objects[i]) continue;
      if (const auto row = by_id.find(posts[i].id); row != by_id.end()) {
        found.objects[i] = row->second;
      }
    }
    listed.read = read;
    co_await Keep(*rows, deadline);
  }
  listed.objects.reserve(posts.size());
  for (size_t i = 0; i < posts.size(); ++i) {
    const std::optional<PostObjectView>& object = found.objects[i];
    listed.exact = listed.exact && object && object->version == posts[i].version;
    if (object) listed.objects.push_back(*object);
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
