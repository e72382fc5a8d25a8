#include "services/post/redis_object_cache.h"

#include <charconv>

#include "services/post/cache_keys.h"
#include "services/post/lua_sources.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;
using redis::ClusterAnswer;
using redis::Command;
using redis::KeyedCommand;

namespace {

constexpr redis::ClusterCallOptions kNow{.wait_for_node = false};

struct Entry {
  int64_t version = 0;
  uint64_t stamp = 0;
  std::string_view bytes;
};

// The post in an entry; nothing for a placeholder or for none.
std::optional<Entry> ObjectIn(std::string_view text) {
  Entry entry;
  const char* end = text.data() + text.size();
  const auto version = std::from_chars(text.data(), end, entry.version);
  if (version.ec != std::errc() || version.ptr == end) return std::nullopt;
  const auto stamp = std::from_chars(version.ptr + 1, end, entry.stamp);
  if (stamp.ec != std::errc() || end - stamp.ptr < 2 || stamp.ptr[1] != 'o') return std::nullopt;
  entry.bytes = text.substr(static_cast<size_t>(stamp.ptr - text.data()) + 2);
  return entry;
}

std::string EntryText(const PostObject& object, uint64_t stamp) {
  return std::to_string(object.version) + " " + std::to_string(stamp) + " o" + object.bytes;
}

}  // namespace

RedisObjectCache::RedisObjectCache(redis::ClusterClient& cluster, CacheSettings settings)
    : cluster_(cluster),
      settings_(settings),
      put_listed_(kPutListedObjectLua),
      capture_(kCaptureObjectLua),
      fill_(kFillObjectLua) {}

asio::awaitable<ListedViews> RedisObjectCache::GetListed(std::vector<PostRef> posts,
                                                         Deadline deadline) {
  std::vector<std::string> keys;
  keys.reserve(posts.size());
  for (const PostRef& post : posts) keys.push_back(ObjectKey(post.id));
  std::vector<ClusterAnswer> found = co_await cluster_.MGet(std::move(keys), deadline, kNow);
  const auto answers = std::make_shared<const std::vector<ClusterAnswer>>(std::move(found));
  ListedViews listed;
  listed.objects.resize(posts.size());
  listed.owner = answers;
  for (size_t i = 0; i < posts.size(); ++i) {
    if (!(*answers)[i].reply.ok()) continue;
    const std::optional<Entry> entry = ObjectIn((*answers)[i].reply->Text());
    if (!entry || entry->version < posts[i].version) continue;
    listed.objects[i] = PostObjectView{entry->version, entry->bytes};
  }
  co_return listed;
}

asio::awaitable<void> RedisObjectCache::PutListed(std::vector<int64_t> ids,
                                                  std::vector<PostObject> objects,
                                                  Deadline deadline) {
  std::vector<KeyedCommand> commands;
  commands.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    std::string key = ObjectKey(ids[i]);
    Command call = put_listed_.Call(1);
    call.Arg(key).Arg(objects[i].version).Arg(EntryText(objects[i], 0));
    call.Arg(WithJitter(settings_.object_lifetime).count());
    commands.emplace_back(std::move(key), put_listed_, std::move(call), /*may_repeat=*/true);
  }
  (void)co_await cluster_.ExecuteAll(std::move(commands), deadline, kNow);
}

Async<ObjectCapture> RedisObjectCache::Capture(int64_t id, Deadline deadline) {
  const std::string key = ObjectKey(id);
  KeyedCommand get(key, Command("GET", key), /*may_repeat=*/true);
  const ClusterAnswer answer = co_await cluster_.Execute(std::move(get), deadline, kNow);
  if (!answer.reply.ok()) co_return answer.reply.status();
  ObjectCapture capture{.incarnation = answer.incarnation};
  const auto found = ObjectIn(answer.reply->Text());
  if (found && found->stamp != 0 && found->stamp == answer.incarnation) {
    capture.object = PostObject{found->version, std::string(found->bytes)};
    co_return capture;
  }
  Command call = capture_.Call(1);
  call.Arg(key).Arg(answer.incarnation).Arg(base::RandomHex(8));
  call.Arg(settings_.placeholder_lifetime.count());
  KeyedCommand script(key, capture_, std::move(call), /*may_repeat=*/true);
  const ClusterAnswer taken = co_await cluster_.Execute(std::move(script), deadline, kNow);
  if (!taken.reply.ok()) co_return taken.reply.status();
  capture.captured = taken.reply->Text();
  const auto now = ObjectIn(capture.captured);
  if (now && taken.incarnation == answer.incarnation) {
    capture.object = PostObject{now->version, std::string(now->bytes)};
  }
  co_return capture;
}

asio::awaitable<void> RedisObjectCache::Fill(int64_t id, ObjectCapture capture, PostObject object,
                                             Deadline deadline) {
  if (capture.incarnation == 0) co_return;
  std::string key = ObjectKey(id);
  Command call = fill_.Call(1);
  call.Arg(key).Arg(capture.captured).Arg(EntryText(object, capture.incarnation));
  call.Arg(WithJitter(settings_.object_lifetime).count());
  KeyedCommand command(std::move(key), fill_, std::move(call));
  (void)co_await cluster_.Execute(std::move(command), deadline, kNow);
}

}  // namespace trellis::post
