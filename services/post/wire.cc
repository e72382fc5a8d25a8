#include "services/post/wire.h"

#include <charconv>

#include "google/protobuf/wire_format_lite.h"
#include "services/post/varint.h"

namespace trellis::post {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr char kCursorPrefix[] = "p";

}  // namespace

void SetTime(base::WallTime time, google::protobuf::Timestamp* out) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  out->set_seconds(seconds.count());
  out->set_nanos(static_cast<int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));
}

v1::Post ToMessage(const Post& post) {
  v1::Post message;
  message.set_id(post.id);
  message.set_user_id(post.user_id);
  message.set_content(post.content);
  SetTime(post.created_at, message.mutable_created_at());
  SetTime(post.updated_at, message.mutable_updated_at());
  message.set_generation(post.version);
  return message;
}

PostObject ObjectOf(const Post& post) {
  return {post.version, ToMessage(post).SerializeAsString()};
}

std::vector<PostObject> ObjectsOf(const std::vector<Post>& posts) {
  std::vector<PostObject> objects;
  objects.reserve(posts.size());
  for (const Post& post : posts) objects.push_back(ObjectOf(post));
  return objects;
}

std::vector<PostObjectView> ViewsOf(const std::vector<PostObject>& objects) {
  std::vector<PostObjectView> views;
  views.reserve(objects.size());
  for (const PostObject& object : objects) views.push_back({object.version, object.bytes});
  return views;
}

WirePage MakeWirePage(const std::vector<PostObjectView>& posts, const PageTail& tail) {
  size_t bytes = 64 + tail.next_cursor.size();
  for (const PostObjectView& post : posts) bytes += post.bytes.size() + 6;
  auto page = std::make_shared<std::string>();
  page->reserve(bytes);
  // Fields may come in any order and parts (protobuf.dev/programming-guides/encoding).
  constexpr uint64_t kDataTag =
      v1::ListPostsResponse::kDataFieldNumber << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  for (const PostObjectView& post : posts) {
    AppendVarint(kDataTag, page.get());
    AppendVarint(post.bytes.size(), page.get());
    page->append(post.bytes);
  }
  v1::ListPostsResponse rest;
  rest.set_has_more(tail.has_more);
  rest.set_limit(tail.limit);
  rest.set_offset(tail.offset);
  rest.set_next_cursor(tail.next_cursor);
  rest.set_generation(tail.generation);
  rest.AppendToString(page.get());
  return page;
}

std::string CursorBelow(int64_t id) { return kCursorPrefix + std::to_string(id); }

std::optional<int64_t> IdOfCursor(std::string_view cursor) {
  if (cursor.size() < 2 || cursor.front() != kCursorPrefix[0]) return std::nullopt;
  int64_t id = 0;
  const char* end = cursor.data() + cursor.size();
  const auto [at, error] = std::from_chars(cursor.data() + 1, end, id);
  if (error != std::errc() || at != end || id <= 0) return std::nullopt;
  return id;
}

}  // namespace trellis::post
