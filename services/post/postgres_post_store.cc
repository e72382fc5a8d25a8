#include "services/post/postgres_post_store.h"

#include <algorithm>
#include <limits>

#include "services/post/queries.h"

namespace trellis::post {

using absl::StatusCode;
using base::Deadline;
using postgres::TransactFor;
using Transaction = pqxx::transaction_base;

namespace {

base::WallTime Time(int64_t microseconds) {
  return base::WallTime(std::chrono::microseconds(microseconds));
}

absl::Status NotFound(const char* what, int64_t id) {
  return base::MakeStatus(StatusCode::kNotFound,
                          std::string("there is no ") + what + " " + std::to_string(id));
}

// Which field was not unique.
absl::Status Named(absl::Status status, const std::string& username, const std::string& email) {
  const std::string constraint = postgres::ConstraintOf(status);
  if (constraint == "users_username") {
    return base::MakeStatus(StatusCode::kAlreadyExists, "username: '" + username + "' is taken");
  }
  if (constraint == "users_email") {
    return base::MakeStatus(StatusCode::kAlreadyExists, "email: '" + email + "' is taken");
  }
  return status;
}

absl::Status CheckPage(int limit, int offset) {
  if (limit < 1 || limit > kMaxPageSize) {
    return base::InvalidField("limit", "must be 1 to " + std::to_string(kMaxPageSize));
  }
  if (offset < 0) return base::InvalidField("offset", "must not be negative");
  return absl::OkStatus();
}

constexpr int64_t kNewest = std::numeric_limits<int64_t>::max();

// From a row of ListPage or ListNewest that has a post.
template <typename Row>
Post PostFrom(Row& row, int64_t user_id) {
  return {.id = *row.id,
          .user_id = user_id,
          .version = row.version.value(),
          .content = std::move(row.content).value(),
          .created_at = Time(row.created_at.value()),
          .updated_at = Time(row.updated_at.value())};
}

// A join promises no order, though it keeps the one it reads in. One post more than the limit was
// asked for.
void Finish(PostPage& page, int limit) {
  std::sort(page.posts.begin(), page.posts.end(),
            [](const Post& a, const Post& b) { return a.id > b.id; });
  page.has_more = page.posts.size() > static_cast<size_t>(limit);
  if (page.has_more) page.posts.resize(static_cast<size_t>(limit));
}

absl::StatusOr<std::vector<Post>> ReadPosts(Transaction& transaction,
                                            const std::vector<int64_t>& ids) {
  std::vector<Post> posts;
  for (queries::GetPostsRow& row : queries::GetPosts(transaction, ids)) {
    posts.push_back({row.id, row.user_id, row.version, std::move(row.content), Time(row.created_at),
                     Time(row.updated_at)});
  }
  return posts;
}

}  // namespace

Async<User> PostgresPostStore::CreateUser(std::string username, std::string email,
                                          Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<User> {
    const queries::CreateUserRow row = queries::CreateUser(transaction, username, email);
    return User{row.id, username, email, row.generation, Time(row.created_at)};
  };
  absl::StatusOr<User> user = co_await TransactFor<User>(pool_, work, deadline);
  if (!user.ok()) co_return Named(user.status(), username, email);
  co_return user;
}

Async<User> PostgresPostStore::GetUser(int64_t id, Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<User> {
    std::optional<queries::GetUserRow> row = queries::GetUser(transaction, id);
    if (!row) return NotFound("user", id);
    return User{id, std::move(row->username), std::move(row->email), row->generation,
                Time(row->created_at)};
  };
  co_return co_await TransactFor<User>(pool_, work, deadline);
}

Async<Post> PostgresPostStore::CreatePost(int64_t user_id, std::string content, Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<Post> {
    const auto row = queries::CreatePost(transaction, user_id, content);
    if (!row) return NotFound("user", user_id);
    return Post{
        row->id, user_id, row->version, content, Time(row->created_at), Time(row->created_at)};
  };
  co_return co_await TransactFor<Post>(pool_, work, deadline);
}

Async<Post> PostgresPostStore::UpdatePost(int64_t id, std::string content, Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<Post> {
    const auto row = queries::UpdatePost(transaction, id, content);
    if (!row) return NotFound("post", id);
    return Post{id,      row->user_id,          row->version,
                content, Time(row->created_at), Time(row->updated_at)};
  };
  co_return co_await TransactFor<Post>(pool_, work, deadline);
}

Async<DeletedPost> PostgresPostStore::DeletePost(int64_t id, Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<DeletedPost> {
    const auto row = queries::DeletePost(transaction, id);
    if (!row) return NotFound("post", id);
    return DeletedPost{row->user_id, row->generation};
  };
  co_return co_await TransactFor<DeletedPost>(pool_, work, deadline);
}

Async<PostPage> PostgresPostStore::ListPage(PageKey key, Deadline deadline) {
  absl::Status fine = CheckPage(key.limit, key.offset);
  if (!fine.ok()) co_return fine;
  auto work = [&](Transaction& transaction) -> absl::StatusOr<PostPage> {
    PostPage page;
    for (queries::ListPageRow& row :
         queries::ListPage(transaction, key.user_id, key.before_id.value_or(kNewest), key.limit + 1,
                           key.offset)) {
      page.generation = row.generation;
      if (row.id) page.posts.push_back(PostFrom(row, key.user_id));
    }
    Finish(page, key.limit);
    return page;
  };
  co_return co_await TransactFor<PostPage>(pool_, work, deadline);
}

Async<std::vector<PostPage>> PostgresPostStore::ListNewest(std::vector<int64_t> user_ids, int limit,
                                                           std::optional<int64_t> before_id,
                                                           Deadline deadline) {
  using Pages = std::vector<PostPage>;
  absl::Status fine = CheckPage(limit, 0);
  if (!fine.ok()) co_return fine;
  auto work = [&](Transaction& transaction) -> absl::StatusOr<Pages> {
    Pages pages(user_ids.size());
    for (queries::ListNewestRow& row :
         queries::ListNewest(transaction, user_ids, before_id.value_or(kNewest), limit + 1)) {
      const auto place = static_cast<size_t>(row.place - 1);
      pages[place].generation = row.generation;
      if (row.id) pages[place].posts.push_back(PostFrom(row, user_ids[place]));
    }
    for (PostPage& page : pages) Finish(page, limit);
    return pages;
  };
  co_return co_await TransactFor<Pages>(pool_, work, deadline);
}

Async<std::vector<Post>> PostgresPostStore::GetPosts(std::vector<int64_t> ids, Deadline deadline) {
  auto work = [&](Transaction& transaction) { return ReadPosts(transaction, ids); };
  co_return co_await TransactFor<std::vector<Post>>(pool_, work, deadline);
}

Async<Post> PostgresPostStore::GetPost(int64_t id, Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<Post> {
    absl::StatusOr<std::vector<Post>> posts = ReadPosts(transaction, {id});
    if (posts->empty()) return NotFound("post", id);
    return std::move(posts->front());
  };
  co_return co_await TransactFor<Post>(pool_, work, deadline);
}

Async<int64_t> PostgresPostStore::GetGeneration(int64_t user_id, Deadline deadline) {
  auto work = [&](Transaction& transaction) -> absl::StatusOr<int64_t> {
    const auto row = queries::GetGeneration(transaction, user_id);
    return row ? row->generation : 0;
  };
  co_return co_await TransactFor<int64_t>(pool_, work, deadline);
}

}  // namespace trellis::post
