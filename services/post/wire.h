#ifndef SERVICES_POST_WIRE_H_
#define SERVICES_POST_WIRE_H_

#include <memory>
#include <string>
#include <vector>

#include "services/post/object_cache.h"
#include "trellis/post/v1/post.pb.h"

namespace trellis::post {

// A serialized v1.ListPostsResponse. Shared, so that one answer serves many.
using WirePage = std::shared_ptr<const std::string>;

// The part of a v1.ListPostsResponse that is not posts.
struct PageTail {
  bool has_more = false;
  int limit = 0;
  int offset = 0;
  std::string next_cursor = {};
  int64_t generation = 0;
};

void SetTime(base::WallTime time, google::protobuf::Timestamp* out);

[[nodiscard]] v1::Post ToMessage(const Post& post);
[[nodiscard]] PostObject ObjectOf(const Post& post);
[[nodiscard]] std::vector<PostObject> ObjectsOf(const std::vector<Post>& posts);
// Of objects that outlive the views.
[[nodiscard]] std::vector<PostObjectView> ViewsOf(const std::vector<PostObject>& objects);

// Puts a response together from posts in their serialized form; nothing is parsed.
[[nodiscard]] WirePage MakeWirePage(const std::vector<PostObjectView>& posts, const PageTail& tail);

// The cursor that goes on below this post, and back; nothing for what is no cursor.
[[nodiscard]] std::string CursorBelow(int64_t id);
[[nodiscard]] std::optional<int64_t> IdOfCursor(std::string_view cursor);

}  // namespace trellis::post

#endif  // SERVICES_POST_WIRE_H_
