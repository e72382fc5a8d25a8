#ifndef TESTS_SUPPORT_DELAYED_POST_PORTS_H_
#define TESTS_SUPPORT_DELAYED_POST_PORTS_H_

#include <functional>

#include "mesh/redis/cluster_client.h"
#include "services/post/post_store.h"
#include "tests/support/post_history.h"

namespace trellis::testing {

// Awaited before and after every step; may take any time.
using Delay = std::function<boost::asio::awaitable<void>()>;

// A store whose every step takes its time, and which tells a history of each commit. Counts the
// lists that were asked for. Borrows store and history; belongs to one reactor.
class DelayedPostStore final : public post::PostStore {
 public:
  DelayedPostStore(post::PostStore& store, PostHistory& history, Delay delay)
      : store_(store), history_(history), delay_(std::move(delay)) {}

  post::Async<post::User> CreateUser(std::string username, std::string email,
                                     base::Deadline deadline) override;
  post::Async<post::User> GetUser(int64_t id, base::Deadline deadline) override;
  post::Async<post::Post> CreatePost(int64_t user_id, std::string content,
                                     base::Deadline deadline) override;
  post::Async<post::Post> UpdatePost(int64_t id, std::string content,
                                     base::Deadline deadline) override;
  post::Async<post::DeletedPost> DeletePost(int64_t id, base::Deadline deadline) override;
  post::Async<post::PostPage> ListPage(post::PageKey key, base::Deadline deadline) override;
  post::Async<std::vector<post::PostPage>> ListNewest(std::vector<int64_t> user_ids, int limit,
                                                      std::optional<int64_t> before_id,
                                                      base::Deadline deadline) override;
  post::Async<std::vector<post::Post>> GetPosts(std::vector<int64_t> ids,
                                                base::Deadline deadline) override;
  post::Async<post::Post> GetPost(int64_t id, base::Deadline deadline) override;
  post::Async<int64_t> GetGeneration(int64_t user_id, base::Deadline deadline) override;

  [[nodiscard]] int lists() const { return lists_; }

 private:
  template <typename T>
  post::Async<T> Do(post::Async<T> call);

  post::PostStore& store_;
  PostHistory& history_;
  const Delay delay_;
  int lists_ = 0;
};

// A cluster client whose every step takes its time. Borrows the client.
class DelayedClusterClient final : public redis::ClusterClient {
 public:
  DelayedClusterClient(redis::ClusterClient& client, Delay delay)
      : client_(client), delay_(std::move(delay)) {}

  boost::asio::awaitable<redis::ClusterAnswer> Execute(redis::KeyedCommand command,
                                                       base::Deadline deadline,
                                                       redis::ClusterCallOptions options) override;
  boost::asio::awaitable<std::vector<redis::ClusterAnswer>> ExecuteAll(
      std::vector<redis::KeyedCommand> commands, base::Deadline deadline,
      redis::ClusterCallOptions options) override;
  boost::asio::awaitable<std::vector<redis::ClusterAnswer>> MGet(
      std::vector<std::string> keys, base::Deadline deadline,
      redis::ClusterCallOptions options) override;
  [[nodiscard]] bool Connected(std::string_view key) const override {
    return client_.Connected(key);
  }

 private:
  redis::ClusterClient& client_;
  const Delay delay_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_DELAYED_POST_PORTS_H_
