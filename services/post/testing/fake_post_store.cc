#include "services/post/testing/fake_post_store.h"

#include <algorithm>

namespace trellis::post::testing {

using absl::StatusCode;
using base::Deadline;
using base::milliseconds;

namespace {

base::WallTime Now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

absl::Status NotFound(std::string_view what, int64_t id) {
  return base::MakeStatus(StatusCode::kNotFound,
                          "there is no " + std::string(what) + " " + std::to_string(id));
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

template <typename T>
Async<T> FakePostStore::Do(std::string method, Deadline deadline,
                           std::function<absl::StatusOr<T>()> work) {
  {
    const std::lock_guard lock(mutex_);
    ++calls_[method];
  }
  if (before) {
    absl::Status status = co_await before(method);
    if (!status.ok()) co_return status;
  }
  if (deadline.Expired()) {
    co_return base::MakeStatus(StatusCode::kDeadlineExceeded, "the deadline has passed");
  }
  absl::StatusOr<T> result = [&] {
    const std::lock_guard lock(mutex_);
    return work();
  }();
  if (after) {
    absl::Status status = co_await after(method);
    if (!status.ok()) co_return status;
  }
  co_return result;
}

int FakePostStore::Calls(const std::string& method) const {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(method);
  return found == calls_.end() ? 0 : found->second;
}

void FakePostStore::Leave(int64_t user_id, std::optional<int64_t> post_id, int64_t generation) {
  const int64_t id = ++last_row_;
  const base::SteadyTime now = std::chrono::steady_clock::now();
  outbox_[id] = {{id, user_id, post_id, generation}, now, now};
}

int64_t FakePostStore::Bump(User& user, int64_t post_id) {
  ++user.generation;
  Leave(user.id, post_id, user.generation);
  return user.generation;
}

Async<User> FakePostStore::CreateUser(std::string username, std::string email, Deadline deadline) {
  std::function<absl::StatusOr<User>()> work = [&]() -> absl::StatusOr<User> {
    for (const auto& [id, user] : users_) {
      if (user.username == username) {
        return base::MakeStatus(StatusCode::kAlreadyExists,
                                "username: '" + username + "' is taken");
      }
      if (Lower(user.email) == Lower(email)) {
        return base::MakeStatus(StatusCode::kAlreadyExists, "email: '" + email + "' is taken");
      }
    }
    User user{++last_user_, username, email, 1, Now()};
    users_[user.id] = user;
    Leave(user.id, std::nullopt, 1);
    return user;
  };
  co_return co_await Do<User>("CreateUser", deadline, std::move(work));
}

Async<User> FakePostStore::GetUser(int64_t id, Deadline deadline) {
  std::function<absl::StatusOr<User>()> work = [&]() -> absl::StatusOr<User> {
    const auto found = users_.find(id);
    if (found == users_.end()) return NotFound("user", id);
    return found->second;
  };
  co_return co_await Do<User>("GetUser", deadline, std::move(work));
}

Async<Post> FakePostStore::CreatePost(int64_t user_id, std::string content, Deadline deadline) {
  std::function<absl::StatusOr<Post>()> work = [&]() -> absl::StatusOr<Post> {
    const auto user = users_.find(user_id);
    if (user == users_.end()) return NotFound("user", user_id);
    const int64_t id = ++last_post_;
    const base::WallTime now = Now();
    Post post{id, user_id, Bump(user->second, id), content, now, now};
    posts_[id] = post;
    return post;
  };
  co_return co_await Do<Post>("CreatePost", deadline, std::move(work));
}

Async<Post> FakePostStore::UpdatePost(int64_t id, std::string content, Deadline deadline) {
  std::function<absl::StatusOr<Post>()> work = [&]() -> absl::StatusOr<Post> {
    const auto found = posts_.find(id);
    if (found == posts_.end()) return NotFound("post", id);
    Post& post = found->second;
    post.version = Bump(users_[post.user_id], id);
    post.content = content;
    post.updated_at = Now();
    return post;
  };
  co_return co_await Do<Post>("UpdatePost", deadline, std::move(work));
}

Async<DeletedPost> FakePostStore::DeletePost(int64_t id, Deadline deadline) {
  std::function<absl::StatusOr<DeletedPost>()> work = [&]() -> absl::StatusOr<DeletedPost> {
    const auto found = posts_.find(id);
    if (found == posts_.end()) return NotFound("post", id);
    const int64_t user_id = found->second.user_id;
    posts_.erase(found);
    return DeletedPost{user_id, Bump(users_[user_id], id)};
  };
  co_return co_await Do<DeletedPost>("DeletePost", deadline, std::move(work));
}

PostPage FakePostStore::Page(const PageKey& key) const {
  PostPage page;
  const auto user = users_.find(key.user_id);
  if (user == users_.end()) return page;
  page.generation = user->second.generation;
  int skip = key.offset;
  auto end = key.before_id ? posts_.lower_bound(*key.before_id) : posts_.end();
  while (end != posts_.begin()) {
    --end;
    if (end->second.user_id != key.user_id || skip-- > 0) continue;
    if (static_cast<int>(page.posts.size()) == key.limit) {
      page.has_more = true;
      break;
    }
    page.posts.push_back(end->second);
  }
  return page;
}

Async<PostPage> FakePostStore::ListPage(PageKey key, Deadline deadline) {
  std::function<absl::StatusOr<PostPage>()> work = [&]() -> absl::StatusOr<PostPage> {
    return Page(key);
  };
  co_return co_await Do<PostPage>("ListPage", deadline, std::move(work));
}

Async<std::vector<PostPage>> FakePostStore::ListNewest(std::vector<int64_t> user_ids, int limit,
                                                       std::optional<int64_t> before_id,
                                                       Deadline deadline) {
  std::function<absl::StatusOr<std::vector<PostPage>>()> work =
      [&]() -> absl::StatusOr<std::vector<PostPage>> {
    std::vector<PostPage> pages;
    for (const int64_t user_id : user_ids) pages.push_back(Page({user_id, limit, before_id, 0}));
    return pages;
  };
  co_return co_await Do<std::vector<PostPage>>("ListNewest", deadline, std::move(work));
}

Async<std::vector<Post>> FakePostStore::GetPosts(std::vector<int64_t> ids, Deadline deadline) {
  std::function<absl::StatusOr<std::vector<Post>>()> work =
      [&]() -> absl::StatusOr<std::vector<Post>> {
    std::vector<Post> found;
    for (const auto& [id, post] : posts_) {
      if (std::find(ids.begin(), ids.end(), id) != ids.end()) found.push_back(post);
    }
    return found;
  };
  co_return co_await Do<std::vector<Post>>("GetPosts", deadline, std::move(work));
}

Async<Post> FakePostStore::GetPost(int64_t id, Deadline deadline) {
  std::function<absl::StatusOr<Post>()> work = [&]() -> absl::StatusOr<Post> {
    const auto found = posts_.find(id);
    if (found == posts_.end()) return NotFound("post", id);
    return found->second;
  };
  co_return co_await Do<Post>("GetPost", deadline, std::move(work));
}

Async<int64_t> FakePostStore::GetGeneration(int64_t user_id, Deadline deadline) {
  std::function<absl::StatusOr<int64_t>()> work = [&]() -> absl::StatusOr<int64_t> {
    const auto found = users_.find(user_id);
    return found == users_.end() ? 0 : found->second.generation;
  };
  co_return co_await Do<int64_t>("GetGeneration", deadline, std::move(work));
}

Async<std::vector<Invalidation>> FakePostStore::Take(milliseconds older_than, milliseconds lease,
                                                     int limit, Deadline deadline) {
  std::function<absl::StatusOr<std::vector<Invalidation>>()> work =
      [&]() -> absl::StatusOr<std::vector<Invalidation>> {
    std::vector<Invalidation> taken;
    const base::SteadyTime now = std::chrono::steady_clock::now();
    for (auto& [id, row] : outbox_) {
      if (static_cast<int>(taken.size()) == limit) break;
      if (row.written_at + older_than > now || row.leased_until > now) continue;
      row.leased_until = now + lease;
      taken.push_back(row.invalidation);
    }
    return taken;
  };
  co_return co_await Do<std::vector<Invalidation>>("Take", deadline, std::move(work));
}

boost::asio::awaitable<absl::Status> FakePostStore::Remove(std::vector<int64_t> ids,
                                                           Deadline deadline) {
  std::function<absl::StatusOr<bool>()> work = [&]() -> absl::StatusOr<bool> {
    for (const int64_t id : ids) outbox_.erase(id);
    return true;
  };
  const absl::StatusOr<bool> done = co_await Do<bool>("Remove", deadline, std::move(work));
  co_return done.status();
}

Async<OutboxStats> FakePostStore::Stats(Deadline deadline) {
  std::function<absl::StatusOr<OutboxStats>()> work = [&]() -> absl::StatusOr<OutboxStats> {
    OutboxStats stats{static_cast<int64_t>(outbox_.size()), milliseconds(0)};
    if (!outbox_.empty()) {
      stats.oldest_age = std::chrono::duration_cast<milliseconds>(
          std::chrono::steady_clock::now() - outbox_.begin()->second.written_at);
    }
    return stats;
  };
  co_return co_await Do<OutboxStats>("Stats", deadline, std::move(work));
}

}  // namespace trellis::post::testing
