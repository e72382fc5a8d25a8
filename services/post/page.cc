#include "services/post/page.h"

#include <charconv>
#include <cmath>

#include "services/post/varint.h"

namespace trellis::post {
namespace {

constexpr uint64_t kHasMore = 1;
constexpr uint64_t kMostPosts = 1000;
// As a time it is far beyond any clock, and its nanoseconds still fit.
constexpr uint64_t kMostMillis = 9'000'000'000'000;

}  // namespace

CachedPage CachedPageOf(const PostPage& page) {
  CachedPage cached;
  cached.generation = page.generation;
  cached.has_more = page.has_more;
  cached.posts.reserve(page.posts.size());
  for (const Post& post : page.posts) cached.posts.push_back({post.id, post.version});
  return cached;
}

std::string EncodePage(const CachedPage& page) {
  std::string bytes = std::to_string(page.generation) + " ";
  AppendVarint(page.has_more ? kHasMore : 0, &bytes);
  AppendVarint(static_cast<uint64_t>(page.cost.count()), &bytes);
  AppendVarint(static_cast<uint64_t>(base::UnixMillis(page.expires_at)), &bytes);
  AppendVarint(page.posts.size(), &bytes);
  int64_t before = 0;
  for (const PostRef& post : page.posts) {
    // The first as it is; lists are sorted downwards, so all others are positive.
    const int64_t step = &post == &page.posts.front() ? post.id : before - post.id;
    AppendVarint(static_cast<uint64_t>(step), &bytes);
    AppendVarint(static_cast<uint64_t>(page.generation - post.version), &bytes);
    before = post.id;
  }
  return bytes;
}

std::optional<CachedPage> DecodePage(std::string_view bytes) {
  CachedPage page;
  const char* end = bytes.data() + bytes.size();
  const auto [at, error] = std::from_chars(bytes.data(), end, page.generation);
  if (error != std::errc() || at == end || *at != ' ') return std::nullopt;
  bytes.remove_prefix(static_cast<size_t>(at - bytes.data()) + 1);
  uint64_t flags = 0, cost = 0, expiry = 0, count = 0;
  if (!TakeVarint(&bytes, &flags) || !TakeVarint(&bytes, &cost) || !TakeVarint(&bytes, &expiry) ||
      !TakeVarint(&bytes, &count) || cost > kMostMillis || expiry > kMostMillis ||
      count > kMostPosts) {
    return std::nullopt;
  }
  page.has_more = (flags & kHasMore) != 0;
  page.cost = base::milliseconds(static_cast<int64_t>(cost));
  page.expires_at = base::FromUnixMillis(static_cast<int64_t>(expiry));
  page.posts.reserve(count);
  const auto generation = static_cast<uint64_t>(page.generation);
  uint64_t before = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t step = 0, age = 0;
    if (!TakeVarint(&bytes, &step) || !TakeVarint(&bytes, &age)) return std::nullopt;
    before = i == 0 ? step : before - step;
    page.posts.push_back({static_cast<int64_t>(before), static_cast<int64_t>(generation - age)});
  }
  if (!bytes.empty()) return std::nullopt;
  return page;
}

std::string PageName(const PageKey& key) {
  const std::string limit = std::to_string(key.limit) + ":";
  if (key.before_id) return limit + std::to_string(*key.before_id);
  return limit + "+" + std::to_string(key.offset);
}

bool IsDueEarly(const CachedPage& page, base::WallTime now, double random) {
  const double ahead = -static_cast<double>(page.cost.count()) * std::log(random);
  return now + base::milliseconds(static_cast<int64_t>(ahead)) >= page.expires_at;
}

}  // namespace trellis::post
