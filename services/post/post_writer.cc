#include "services/post/post_writer.h"

#include "mesh/base/failpoint.h"
#include "mesh/base/sleep.h"

namespace trellis::post {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

Async<User> PostWriter::CreateUser(std::string username, std::string email, Deadline deadline) {
  absl::StatusOr<User> user =
      co_await store_.CreateUser(std::move(username), std::move(email), deadline);
  if (!user.ok()) co_return user;
  // That there is no such user may be known to the caches.
  const absl::Status told =
      co_await Announce({.user_id = user->id, .generation = user->generation}, deadline);
  if (!told.ok()) co_return told;
  co_return user;
}

Async<Post> PostWriter::CreatePost(int64_t user_id, std::string content, Deadline deadline) {
  const absl::Status there =
      co_await AwaitNode([this, user_id] { return invalidator_.IsReachable(user_id); }, deadline);
  if (!there.ok()) co_return there;
  absl::StatusOr<Post> post = co_await store_.CreatePost(user_id, std::move(content), deadline);
  if (!post.ok()) co_return post;
  // Of the post itself no cache has an older version.
  const absl::Status told =
      co_await Announce({.user_id = user_id, .generation = post->version}, deadline);
  if (!told.ok()) co_return told;
  co_return post;
}

Async<Post> PostWriter::UpdatePost(int64_t id, std::string content, Deadline deadline) {
  const absl::Status there = co_await AwaitPostNode(id, deadline);
  if (!there.ok()) co_return there;
  absl::StatusOr<Post> post = co_await store_.UpdatePost(id, std::move(content), deadline);
  if (!post.ok()) co_return post;
  const absl::Status told = co_await Announce(
      {.user_id = post->user_id, .post_id = id, .generation = post->version}, deadline);
  if (!told.ok()) co_return told;
  co_return post;
}

Async<DeletedPost> PostWriter::DeletePost(int64_t id, Deadline deadline) {
  const absl::Status there = co_await AwaitPostNode(id, deadline);
  if (!there.ok()) co_return there;
  absl::StatusOr<DeletedPost> post = co_await store_.DeletePost(id, deadline);
  if (!post.ok()) co_return post;
  const absl::Status told = co_await Announce(
      {.user_id = post->user_id, .post_id = id, .generation = post->generation}, deadline);
  if (!told.ok()) co_return told;
  co_return post;
}

// Whose post it is, is not known yet.
asio::awaitable<absl::Status> PostWriter::AwaitPostNode(int64_t id, Deadline deadline) {
  return AwaitNode([this, id] { return invalidator_.IsPostReachable(id); }, deadline);
}

asio::awaitable<absl::Status> PostWriter::AwaitNode(std::function<bool()> is_there,
                                                    Deadline deadline) {
  const Deadline patience = Deadline::Min(Deadline::After(options_.patience), deadline);
  constexpr milliseconds kPause{20};
  while (!is_there()) {
    if (patience.Remaining() <= kPause) {
      co_return absl::UnavailableError(
          "a node of Redis is away, and the caches could not be told of a write: nothing was "
          "written, try again");
    }
    co_await base::Sleep(kPause);
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> PostWriter::Announce(Invalidation write, Deadline deadline) {
  base::HitFailpoint("post.after-commit");
  std::vector<Invalidation> writes(1, write);
  const auto told = co_await invalidator_.Announce(std::move(writes), deadline);
  if (told.front().ok()) co_return absl::OkStatus();
  const std::string what = "written with generation " + std::to_string(write.generation) +
                           ", but reads may miss it for some seconds: ";
  co_return base::MakeStatus(told.front().code(), what + base::MessageOf(told.front()));
}

}  // namespace trellis::post
