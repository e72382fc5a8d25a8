#ifndef TESTS_SUPPORT_POST_STACK_H_
#define TESTS_SUPPORT_POST_STACK_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mesh/postgres/testing/private_postgres.h"
#include "mesh/redis/testing/private_redis_cluster.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"
#include "trellis/post/v1/post.grpc.pb.h"

namespace trellis::testing {

using PostStub = post::v1::PostService::Stub;

struct PostStackOptions {
  int services = 1;
  // Settings beyond the addresses, as environment variables.
  Variables service = {};
  std::vector<std::string> postgres_settings = {};
};

// The Post service of a test's own: Postgres, a Redis Cluster, instances of the service and a
// gateway to the first, as real processes. As Stack in all else.
class PostStack {
 public:
  explicit PostStack(PostStackOptions options = {});
  PostStack(const PostStack&) = delete;
  PostStack& operator=(const PostStack&) = delete;

  [[nodiscard]] redis::testing::PrivateRedisCluster& redis() { return redis_; }
  [[nodiscard]] ServerProcess& service(size_t i = 0) { return *services_.at(i); }
  [[nodiscard]] ServerProcess& gateway() { return *gateway_; }
  [[nodiscard]] size_t services() const { return services_.size(); }
  // A stub on a channel of its own.
  [[nodiscard]] std::unique_ptr<PostStub> Stub(size_t service = 0) const;
  [[nodiscard]] HttpClient Http() const { return HttpClient(http_port_); }

  // Straight to Postgres.
  [[nodiscard]] postgres::testing::Rows Query(const std::string& sql) const {
    return postgres::testing::PrivatePostgres::Query(db_url_, sql);
  }
  [[nodiscard]] int64_t Count(const std::string& sql) const {
    return std::stoll(Query(sql).at(0).at(0));
  }
  // "user1" and so on; their ids begin with 1 in a fresh database.
  void AddUsers(int count) const;
  // A sample of all instances together.
  [[nodiscard]] double Metric(const std::string& sample);
  [[nodiscard]] std::string LogTails() const;

 private:
  [[nodiscard]] std::unique_ptr<ServerProcess> Make(const std::string& name,
                                                    const std::string& binary,
                                                    const Variables& more) const;

  base::testing::TempDir directory_;
  postgres::testing::PrivatePostgres postgres_;
  const std::string db_url_;
  redis::testing::PrivateRedisCluster redis_;
  std::vector<int> grpc_ports_;
  const int http_port_;
  std::vector<std::unique_ptr<ServerProcess>> services_;
  std::unique_ptr<ServerProcess> gateway_;
};

// Prints the logs when a test fails.
class PostTest : public ::testing::Test {
 protected:
  PostStack& Make(PostStackOptions options = {});
  PostStack& stack() { return *stack_; }
  void TearDown() override;

 private:
  std::unique_ptr<PostStack> stack_;
};

// Calls that are to end within so long, with the status as ours.
struct CallOptions {
  milliseconds deadline{10'000};
};
[[nodiscard]] absl::StatusOr<post::v1::Post> CreatePost(PostStub& stub, int64_t user_id,
                                                        const std::string& content,
                                                        CallOptions options = {});
[[nodiscard]] absl::Status DeletePost(PostStub& stub, int64_t id, CallOptions options = {});
[[nodiscard]] absl::StatusOr<post::v1::ListPostsResponse> ListPosts(
    PostStub& stub, const post::v1::ListUserPostsRequest& request, CallOptions options = {});

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_POST_STACK_H_
