#include "clients/cli/testing/fake_post_service.h"

#include <algorithm>
#include <limits>

#include "mesh/rpc/status.h"

namespace trellis::cli::testing {

namespace v1 = post::v1;
using grpc::ServerContext;
using grpc::Status;

namespace {

const Status kUnknown{grpc::StatusCode::NOT_FOUND, "there is no such thing"};

template <typename Things>
int64_t NextId(const Things& things) {
  return things.empty() ? 1 : things.rbegin()->first + 1;
}

}  // namespace

Status FakePostService::CreateUser(ServerContext*, const v1::CreateUserRequest* request,
                                   v1::User* response) {
  const std::lock_guard lock(mutex_);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  response->set_id(NextId(users));
  response->set_username(request->username());
  response->set_email(request->email());
  response->set_generation(1);
  users[response->id()] = *response;
  return Status::OK;
}

Status FakePostService::GetUser(ServerContext*, const v1::GetUserRequest* request,
                                v1::User* response) {
  const std::lock_guard lock(mutex_);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  const auto found = users.find(request->id());
  if (found == users.end()) return kUnknown;
  *response = found->second;
  return Status::OK;
}

void FakePostService::FillPage(const std::vector<int64_t>& owners, int limit,
                               const std::string& cursor, v1::ListPostsResponse* response) const {
  const int64_t before = cursor.empty() ? std::numeric_limits<int64_t>::max() : std::stoll(cursor);
  for (auto i = posts.rbegin(); i != posts.rend(); ++i) {
    if (i->first >= before) continue;
    if (std::find(owners.begin(), owners.end(), i->second.user_id()) == owners.end()) continue;
    if (response->data_size() == limit) {
      response->set_has_more(true);
      response->set_next_cursor(std::to_string(response->data(limit - 1).id()));
      return;
    }
    *response->add_data() = i->second;
  }
}

Status FakePostService::ListUserPosts(ServerContext*, const v1::ListUserPostsRequest* request,
                                      v1::ListPostsResponse* response) {
  const std::lock_guard lock(mutex_);
  lists.push_back(*request);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  if (!users.contains(request->user_id())) return kUnknown;
  FillPage({request->user_id()}, request->limit() == 0 ? 50 : request->limit(), request->cursor(),
           response);
  return Status::OK;
}

Status FakePostService::GetFeed(ServerContext*, const v1::GetFeedRequest* request,
                                v1::ListPostsResponse* response) {
  const std::lock_guard lock(mutex_);
  feeds.push_back(*request);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  FillPage({request->user_ids().begin(), request->user_ids().end()}, request->limit(),
           request->cursor(), response);
  return Status::OK;
}

Status FakePostService::CreatePost(ServerContext*, const v1::CreatePostRequest* request,
                                   v1::Post* response) {
  const std::lock_guard lock(mutex_);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  if (!users.contains(request->user_id())) return kUnknown;
  response->set_id(NextId(posts));
  response->set_user_id(request->user_id());
  response->set_content(request->content());
  posts[response->id()] = *response;
  return Status::OK;
}

Status FakePostService::GetPost(ServerContext*, const v1::GetPostRequest* request,
                                v1::Post* response) {
  const std::lock_guard lock(mutex_);
  gets.push_back(*request);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  const auto found = posts.find(request->id());
  if (found == posts.end()) return kUnknown;
  *response = found->second;
  return Status::OK;
}

Status FakePostService::UpdatePost(ServerContext*, const v1::UpdatePostRequest* request,
                                   v1::Post* response) {
  const std::lock_guard lock(mutex_);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  const auto found = posts.find(request->id());
  if (found == posts.end()) return kUnknown;
  found->second.set_content(request->content());
  *response = found->second;
  return Status::OK;
}

Status FakePostService::DeletePost(ServerContext*, const v1::DeletePostRequest* request,
                                   v1::DeletePostResponse* response) {
  const std::lock_guard lock(mutex_);
  if (!failure.ok()) return rpc::ToGrpc(failure);
  if (posts.erase(request->id()) == 0) return kUnknown;
  response->set_generation(9);
  return Status::OK;
}

Status FakePostService::ListHotUsers(ServerContext*, const v1::ListHotUsersRequest* request,
                                     v1::ListHotUsersResponse* response) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < std::min(request->limit(), hot.users_size()); ++i) {
    *response->add_users() = hot.users(i);
  }
  return rpc::ToGrpc(failure);
}

Status FakePostService::ListShards(ServerContext*, const v1::ListShardsRequest*,
                                   v1::ListShardsResponse* response) {
  const std::lock_guard lock(mutex_);
  *response = shards;
  return rpc::ToGrpc(failure);
}

Status FakePostService::GetCacheStats(ServerContext*, const v1::GetCacheStatsRequest*,
                                      v1::CacheStats* response) {
  const std::lock_guard lock(mutex_);
  *response = stats;
  return rpc::ToGrpc(failure);
}

}  // namespace trellis::cli::testing
