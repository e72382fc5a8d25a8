#ifndef SERVICES_POST_TESTING_FAKE_POST_STORE_H_
#define SERVICES_POST_TESTING_FAKE_POST_STORE_H_

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "services/post/invalidation_outbox.h"
#include "services/post/post_store.h"

namespace trellis::post::testing {

// PostStore and InvalidationOutbox in memory, with the same meaning as the real ones. Thread-safe,
// but for the hooks, which are set before it is used.
class FakePostStore final : public PostStore, public InvalidationOutbox {
 public:
  // Are awaited with the name of the method ("ListPage") before it looks at the data, and after it
  // has, before it answers: a test delays here, and an error is the answer. An error of `before`
  // leaves the data as they are; one of `after` does not (a commit whose outcome nobody learned).
  using Hook = std::function<boost::asio::awaitable<absl::Status>(std::string_view method)>;
  Hook before;
  Hook after;

  Async<User> CreateUser(std::string username, std::string email, base::Deadline deadline) override;
  Async<User> GetUser(int64_t id, base::Deadline deadline) override;
  Async<Post> CreatePost(int64_t user_id, std::string content, base::Deadline deadline) override;
  Async<Post> UpdatePost(int64_t id, std::string content, base::Deadline deadline) override;
  Async<DeletedPost> DeletePost(int64_t id, base::Deadline deadline) override;
  Async<PostPage> ListPage(PageKey key, base::Deadline deadline) override;
  Async<std::vector<PostPage>> ListNewest(std::vector<int64_t> user_ids, int limit,
                                          std::optional<int64_t> before_id,
                                          base::Deadline deadline) override;
  Async<std::vector<Post>> GetPosts(std::vector<int64_t> ids, base::Deadline deadline) override;
  Async<Post> GetPost(int64_t id, base::Deadline deadline) override;
  Async<int64_t> GetGeneration(int64_t user_id, base::Deadline deadline) override;

  Async<std::vector<Invalidation>> Take(base::milliseconds older_than, base::milliseconds lease,
                                        int limit, base::Deadline deadline) override;
  boost::asio::awaitable<absl::Status> Remove(std::vector<int64_t> ids,
                                              base::Deadline deadline) override;
  Async<OutboxStats> Stats(base::Deadline deadline) override;

  // How often a method was called.
  [[nodiscard]] int Calls(const std::string& method) const;

 private:
  struct Row {
    Invalidation invalidation;
    base::SteadyTime written_at;
    base::SteadyTime leased_until;
  };

  // Runs `work` under the lock, between the hooks.
  template <typename T>
  Async<T> Do(std::string method, base::Deadline deadline, std::function<absl::StatusOr<T>()> work);
  PostPage Page(const PageKey& key) const;
  // The user's next generation, with its row in the outbox.
  int64_t Bump(User& user, int64_t post_id);
  void Leave(int64_t user_id, std::optional<int64_t> post_id, int64_t generation);

  mutable std::mutex mutex_;
  std::map<std::string, int> calls_;
  std::map<int64_t, User> users_;
  std::map<int64_t, Post> posts_;
  std::map<int64_t, Row> outbox_;
  int64_t last_user_ = 0;
  int64_t last_post_ = 0;
  int64_t last_row_ = 0;
};

}  // namespace trellis::post::testing

#endif  // SERVICES_POST_TESTING_FAKE_POST_STORE_H_
