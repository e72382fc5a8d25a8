#include "services/post/limited_post_store.h"

namespace trellis::post {

using base::Deadline;
using resilience::ConcurrencyLimiter;

namespace {

template <typename T>
Async<T> Limited(ConcurrencyLimiter& limiter, Async<T> read) {
  absl::StatusOr<ConcurrencyLimiter::Permit> permit = limiter.Acquire();
  if (!permit.ok()) co_return permit.status();
  const base::SteadyTime start = std::chrono::steady_clock::now();
  absl::StatusOr<T> result = co_await std::move(read);
  if (absl::IsDeadlineExceeded(result.status()) || absl::IsResourceExhausted(result.status())) {
    permit->Dropped();
  } else if (!absl::IsUnavailable(result.status())) {
    permit->Finish(std::chrono::steady_clock::now() - start);
  }
  co_return result;
}

}  // namespace

Async<User> LimitedPostStore::CreateUser(std::string username, std::string email,
                                         Deadline deadline) {
  return store_.CreateUser(std::move(username), std::move(email), deadline);
}

Async<User> LimitedPostStore::GetUser(int64_t id, Deadline deadline) {
  return Limited(limiter_, store_.GetUser(id, deadline));
}

Async<Post> LimitedPostStore::CreatePost(int64_t user_id, std::string content, Deadline deadline) {
  return store_.CreatePost(user_id, std::move(content), deadline);
}

Async<Post> LimitedPostStore::UpdatePost(int64_t id, std::string content, Deadline deadline) {
  return store_.UpdatePost(id, std::move(content), deadline);
}

Async<DeletedPost> LimitedPostStore::DeletePost(int64_t id, Deadline deadline) {
  return store_.DeletePost(id, deadline);
}

Async<PostPage> LimitedPostStore::ListPage(PageKey key, Deadline deadline) {
  return Limited(limiter_, store_.ListPage(key, deadline));
}

Async<std::vector<PostPage>> LimitedPostStore::ListNewest(std::vector<int64_t> user_ids, int limit,
                                                          std::optional<int64_t> before_id,
                                                          Deadline deadline) {
  return Limited(limiter_, store_.ListNewest(std::move(user_ids), limit, before_id, deadline));
}

Async<std::vector<Post>> LimitedPostStore::GetPosts(std::vector<int64_t> ids, Deadline deadline) {
  return Limited(limiter_, store_.GetPosts(std::move(ids), deadline));
}

Async<Post> LimitedPostStore::GetPost(int64_t id, Deadline deadline) {
  return Limited(limiter_, store_.GetPost(id, deadline));
}

Async<int64_t> LimitedPostStore::GetGeneration(int64_t user_id, Deadline deadline) {
  return Limited(limiter_, store_.GetGeneration(user_id, deadline));
}

}  // namespace trellis::post
