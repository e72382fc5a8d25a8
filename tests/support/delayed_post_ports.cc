#include "tests/support/delayed_post_ports.h"

namespace trellis::testing {

using base::Deadline;
using boost::asio::awaitable;
using Kind = PostHistory::Kind;
using redis::ClusterAnswer;
using redis::ClusterCallOptions;
using redis::KeyedCommand;

template <typename T>
post::Async<T> DelayedPostStore::Do(post::Async<T> call) {
  co_await delay_();
  absl::StatusOr<T> result = co_await std::move(call);
  co_await delay_();
  co_return result;
}

post::Async<post::User> DelayedPostStore::CreateUser(std::string username, std::string email,
                                                     Deadline deadline) {
  return Do(store_.CreateUser(std::move(username), std::move(email), deadline));
}
post::Async<post::User> DelayedPostStore::GetUser(int64_t id, Deadline deadline) {
  return Do(store_.GetUser(id, deadline));
}

post::Async<post::Post> DelayedPostStore::CreatePost(int64_t user_id, std::string content,
                                                     Deadline deadline) {
  co_await delay_();
  absl::StatusOr<post::Post> post = co_await store_.CreatePost(user_id, content, deadline);
  if (post.ok()) {
    history_.Committed(Kind::kCreate, user_id, post->version, post->id, content);
  }
  co_await delay_();
  co_return post;
}

post::Async<post::Post> DelayedPostStore::UpdatePost(int64_t id, std::string content,
                                                     Deadline deadline) {
  co_await delay_();
  absl::StatusOr<post::Post> post = co_await store_.UpdatePost(id, content, deadline);
  if (post.ok()) history_.Committed(Kind::kUpdate, post->user_id, post->version, id, content);
  co_await delay_();
  co_return post;
}

post::Async<post::DeletedPost> DelayedPostStore::DeletePost(int64_t id, Deadline deadline) {
  co_await delay_();
  absl::StatusOr<post::DeletedPost> post = co_await store_.DeletePost(id, deadline);
  if (post.ok()) history_.Committed(Kind::kDelete, post->user_id, post->generation, id, "");
  co_await delay_();
  co_return post;
}

post::Async<post::PostPage> DelayedPostStore::ListPage(post::PageKey key, Deadline deadline) {
  ++lists_;
  return Do(store_.ListPage(key, deadline));
}
post::Async<std::vector<post::PostPage>> DelayedPostStore::ListNewest(
    std::vector<int64_t> user_ids, int limit, std::optional<int64_t> before_id, Deadline deadline) {
  return Do(store_.ListNewest(std::move(user_ids), limit, before_id, deadline));
}
post::Async<std::vector<post::Post>> DelayedPostStore::GetPosts(std::vector<int64_t> ids,
                                                                Deadline deadline) {
  return Do(store_.GetPosts(std::move(ids), deadline));
}
post::Async<post::Post> DelayedPostStore::GetPost(int64_t id, Deadline deadline) {
  return Do(store_.GetPost(id, deadline));
}
post::Async<int64_t> DelayedPostStore::GetGeneration(int64_t user_id, Deadline deadline) {
  return Do(store_.GetGeneration(user_id, deadline));
}

awaitable<ClusterAnswer> DelayedClusterClient::Execute(KeyedCommand command, Deadline deadline,
                                                       ClusterCallOptions options) {
  co_await delay_();
  ClusterAnswer answer = co_await client_.Execute(std::move(command), deadline, options);
  co_await delay_();
  co_return answer;
}

awaitable<std::vector<ClusterAnswer>> DelayedClusterClient::ExecuteAll(
    std::vector<KeyedCommand> commands, Deadline deadline, ClusterCallOptions options) {
  co_await delay_();
  auto answers = co_await client_.ExecuteAll(std::move(commands), deadline, options);
  co_await delay_();
  co_return answers;
}

awaitable<std::vector<ClusterAnswer>> DelayedClusterClient::MGet(std::vector<std::string> keys,
                                                                 Deadline deadline,
                                                                 ClusterCallOptions options) {
  co_await delay_();
  auto answers = co_await client_.MGet(std::move(keys), deadline, options);
  co_await delay_();
  co_return answers;
}

}  // namespace trellis::testing
