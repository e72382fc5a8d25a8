#ifndef CLIENTS_CLI_TESTING_FAKE_POST_SERVICE_H_
#define CLIENTS_CLI_TESTING_FAKE_POST_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "clients/cli/testing/fake_server.h"
#include "mesh/base/status.h"
#include "trellis/post/v1/post.grpc.pb.h"

namespace trellis::cli::testing {

// A PostService on a free port of loopback with users and posts in memory. Set what it holds before
// the calls; what it holds and was asked may be read after them.
class FakePostService final : public post::v1::PostService::Service {
 public:
  [[nodiscard]] const std::string& address() const { return server_.address(); }

  absl::Status failure;  // of every call
  std::map<int64_t, post::v1::User> users;
  std::map<int64_t, post::v1::Post> posts;
  post::v1::ListHotUsersResponse hot;
  post::v1::ListShardsResponse shards;
  post::v1::CacheStats stats;
  std::vector<post::v1::ListUserPostsRequest> lists;
  std::vector<post::v1::GetFeedRequest> feeds;
  std::vector<post::v1::GetPostRequest> gets;

  grpc::Status CreateUser(grpc::ServerContext*, const post::v1::CreateUserRequest*,
                          post::v1::User*) override;
  grpc::Status GetUser(grpc::ServerContext*, const post::v1::GetUserRequest*,
                       post::v1::User*) override;
  grpc::Status ListUserPosts(grpc::ServerContext*, const post::v1::ListUserPostsRequest*,
                             post::v1::ListPostsResponse*) override;
  grpc::Status CreatePost(grpc::ServerContext*, const post::v1::CreatePostRequest*,
                          post::v1::Post*) override;
  grpc::Status GetPost(grpc::ServerContext*, const post::v1::GetPostRequest*,
                       post::v1::Post*) override;
  grpc::Status UpdatePost(grpc::ServerContext*, const post::v1::UpdatePostRequest*,
                          post::v1::Post*) override;
  grpc::Status DeletePost(grpc::ServerContext*, const post::v1::DeletePostRequest*,
                          post::v1::DeletePostResponse*) override;
  grpc::Status GetFeed(grpc::ServerContext*, const post::v1::GetFeedRequest*,
                       post::v1::ListPostsResponse*) override;
  grpc::Status ListHotUsers(grpc::ServerContext*, const post::v1::ListHotUsersRequest*,
                            post::v1::ListHotUsersResponse*) override;
  grpc::Status ListShards(grpc::ServerContext*, const post::v1::ListShardsRequest*,
                          post::v1::ListShardsResponse*) override;
  grpc::Status GetCacheStats(grpc::ServerContext*, const post::v1::GetCacheStatsRequest*,
                             post::v1::CacheStats*) override;

 private:
  // Posts of `owners`, newest first, from the cursor on, which is an id.
  void FillPage(const std::vector<int64_t>& owners, int limit, const std::string& cursor,
                post::v1::ListPostsResponse* response) const;

  std::mutex mutex_;
  FakeServer server_{this, post::v1::PostService::service_full_name()};
};

}  // namespace trellis::cli::testing

#endif  // CLIENTS_CLI_TESTING_FAKE_POST_SERVICE_H_
