#include "services/post/post_service.h"

#include <functional>

#include "mesh/rpc/bytes_handler.h"
#include "services/post/requests.h"
#include "services/post/wire.h"
#include "trellis/post/v1/post.grpc.pb.h"

namespace trellis::post {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using rpc::CallContext;

// The methods that answer posts take them in their serialized form from the caches.
using Service = v1::PostService::WithRawCallbackMethod_ListUserPosts<
    v1::PostService::WithRawCallbackMethod_GetFeed<v1::PostService::WithRawCallbackMethod_GetPost<
        v1::PostService::WithCallbackMethod_CreateUser<v1::PostService::WithCallbackMethod_GetUser<
            v1::PostService::WithCallbackMethod_CreatePost<
                v1::PostService::WithCallbackMethod_UpdatePost<
                    v1::PostService::WithCallbackMethod_DeletePost<
                        v1::PostService::WithCallbackMethod_ListHotUsers<
                            v1::PostService::WithCallbackMethod_GetCacheStats<
                                v1::PostService::WithCallbackMethod_ListShards<
                                    v1::PostService::WithCallbackMethod_Ping<
                                        v1::PostService::Service>>>>>>>>>>>>;

absl::Status NoSuchUser(int64_t id) {
  return base::MakeStatus(absl::StatusCode::kNotFound, "there is no user " + std::to_string(id));
}

class PostRpc final : public Service {
 public:
  PostRpc(rpc::Runtime& runtime, PostPorts ports) : runtime_(runtime), ports_(std::move(ports)) {}

  ServerUnaryReactor* CreateUser(CallbackServerContext* context,
                                 const v1::CreateUserRequest* request,
                                 v1::User* response) override {
    return Bind(create_user_, &PostRpc::HandleCreateUser, context, request, response);
  }
  ServerUnaryReactor* GetUser(CallbackServerContext* context, const v1::GetUserRequest* request,
                              v1::User* response) override {
    return Bind(get_user_, &PostRpc::HandleGetUser, context, request, response);
  }
  ServerUnaryReactor* ListUserPosts(CallbackServerContext* context, const ByteBuffer* request,
                                    ByteBuffer* response) override {
    return BindBytes<v1::ListUserPostsRequest>(list_user_posts_, &PostRpc::HandleListUserPosts,
                                               context, request, response);
  }
  ServerUnaryReactor* CreatePost(CallbackServerContext* context,
                                 const v1::CreatePostRequest* request,
                                 v1::Post* response) override {
    return Bind(create_post_, &PostRpc::HandleCreatePost, context, request, response);
  }
  ServerUnaryReactor* GetPost(CallbackServerContext* context, const ByteBuffer* request,
                              ByteBuffer* response) override {
    return BindBytes<v1::GetPostRequest>(get_post_, &PostRpc::HandleGetPost, context, request,
                                         response);
  }
  ServerUnaryReactor* UpdatePost(CallbackServerContext* context,
                                 const v1::UpdatePostRequest* request,
                                 v1::Post* response) override {
    return Bind(update_post_, &PostRpc::HandleUpdatePost, context, request, response);
  }
  ServerUnaryReactor* DeletePost(CallbackServerContext* context,
                                 const v1::DeletePostRequest* request,
                                 v1::DeletePostResponse* response) override {
    return Bind(delete_post_, &PostRpc::HandleDeletePost, context, request, response);
  }
  ServerUnaryReactor* GetFeed(CallbackServerContext* context, const ByteBuffer* request,
                              ByteBuffer* response) override {
    return BindBytes<v1::GetFeedRequest>(get_feed_, &PostRpc::HandleGetFeed, context, request,
                                         response);
  }
  ServerUnaryReactor* ListHotUsers(CallbackServerContext* context,
                                   const v1::ListHotUsersRequest* request,
                                   v1::ListHotUsersResponse* response) override {
    return Bind(list_hot_users_, &PostRpc::HandleListHotUsers, context, request, response);
  }
  ServerUnaryReactor* GetCacheStats(CallbackServerContext* context,
                                    const v1::GetCacheStatsRequest* request,
                                    v1::CacheStats* response) override {
    return Bind(get_cache_stats_, &PostRpc::HandleGetCacheStats, context, request, response);
  }
  ServerUnaryReactor* ListShards(CallbackServerContext* context,
                                 const v1::ListShardsRequest* request,
                                 v1::ListShardsResponse* response) override {
    return Bind(list_shards_, &PostRpc::HandleListShards, context, request, response);
  }
  ServerUnaryReactor* Ping(CallbackServerContext* context, const v1::PingRequest* request,
                           v1::PingResponse* response) override {
    return Bind(ping_, &PostRpc::HandlePing, context, request, response);
  }

 private:
  template <typename Method, typename Request, typename Response>
  ServerUnaryReactor* Bind(rpc::MethodRecorder& recorder, Method method,
                           CallbackServerContext* context, const Request* request,
                           Response* response) {
    return rpc::Unary(runtime_, recorder, context, request, response,
                      std::bind_front(method, this));
  }
  template <typename Request, typename Method>
  ServerUnaryReactor* BindBytes(rpc::MethodRecorder& recorder, Method method,
                                CallbackServerContext* context, const ByteBuffer* request,
                                ByteBuffer* response) {
    return rpc::UnaryToBytes<Request>(runtime_, recorder, context, request, response,
                                      std::bind_front(method, this));
  }

  Async<v1::User> HandleCreateUser(const CallContext& context,
                                   const v1::CreateUserRequest& request) {
    if (absl::Status status = CheckUser(request); !status.ok()) co_return status;
    const auto user = co_await ports_.writers[context.reactor]->CreateUser(
        request.username(), request.email(), context.deadline);
    if (!user.ok()) co_return user.status();
    co_return ToMessage(*user);
  }

  Async<v1::User> HandleGetUser(const CallContext& context, const v1::GetUserRequest& request) {
    if (absl::Status status = CheckId("id", request.id()); !status.ok()) co_return status;
    const auto user = co_await ports_.store.GetUser(request.id(), context.deadline);
    if (!user.ok()) co_return user.status();
    co_return ToMessage(*user);
  }

  Async<WirePage> HandleListUserPosts(const CallContext& context,
                                      const v1::ListUserPostsRequest& request) {
    const absl::StatusOr<PageKey> key = PageKeyFrom(request);
    if (!key.ok()) co_return key.status();
    ports_.hot_users.Count(key->user_id);
    PageReader& reader = *ports_.pages[context.reactor];
    auto page = co_await reader.Read(*key, context.deadline);
    if (page.ok() && page->generation < request.min_generation()) {
      page = co_await reader.ReadStore(*key, context.deadline);
    }
    if (!page.ok()) co_return page.status();
    if (page->generation == 0) co_return NoSuchUser(key->user_id);
    if (page->generation < request.min_generation()) {
      co_return base::InvalidField("min_generation", "is above the user's generation, which is " +
                                                         std::to_string(page->generation));
    }
    ports_.auditor.Sample(*key);
    co_return page->wire;
  }

  Async<v1::Post> HandleCreatePost(const CallContext& context,
                                   const v1::CreatePostRequest& request) {
    if (absl::Status status = CheckId("user_id", request.user_id()); !status.ok()) {
      co_return status;
    }
    if (absl::Status status = CheckContent(request.content()); !status.ok()) co_return status;
    const auto post = co_await ports_.writers[context.reactor]->CreatePost(
        request.user_id(), request.content(), context.deadline);
    if (!post.ok()) co_return post.status();
    co_return ToMessage(*post);
  }

  Async<WirePage> HandleGetPost(const CallContext& context, const v1::GetPostRequest& request) {
    if (absl::Status status = CheckId("id", request.id()); !status.ok()) co_return status;
    if (request.min_generation() < 0) {
      co_return base::InvalidField("min_generation", "must not be negative");
    }
    auto object = co_await ports_.objects[context.reactor]->Read(
        request.id(), request.min_generation(), context.deadline);
    if (!object.ok()) co_return object.status();
    co_return std::make_shared<const std::string>(std::move(object->bytes));
  }

  Async<v1::Post> HandleUpdatePost(const CallContext& context,
                                   const v1::UpdatePostRequest& request) {
    if (absl::Status status = CheckId("id", request.id()); !status.ok()) co_return status;
    if (absl::Status status = CheckContent(request.content()); !status.ok()) co_return status;
    const auto post = co_await ports_.writers[context.reactor]->UpdatePost(
        request.id(), request.content(), context.deadline);
    if (!post.ok()) co_return post.status();
    co_return ToMessage(*post);
  }

  Async<v1::DeletePostResponse> HandleDeletePost(const CallContext& context,
                                                 const v1::DeletePostRequest& request) {
    if (absl::Status status = CheckId("id", request.id()); !status.ok()) co_return status;
    const auto deleted =
        co_await ports_.writers[context.reactor]->DeletePost(request.id(), context.deadline);
    if (!deleted.ok()) co_return deleted.status();
    v1::DeletePostResponse response;
    response.set_generation(deleted->generation);
    co_return response;
  }

  Async<WirePage> HandleGetFeed(const CallContext& context, const v1::GetFeedRequest& request) {
    const absl::StatusOr<FeedQuery> query = FeedQueryFrom(request);
    if (!query.ok()) co_return query.status();
    co_return co_await ports_.feeds[context.reactor]->Read(query->user_ids, query->limit,
                                                           query->before_id, context.deadline);
  }

  Async<v1::ListHotUsersResponse> HandleListHotUsers(const CallContext& /*context*/,
                                                     const v1::ListHotUsersRequest& request) {
    if (request.limit() < 0 || request.limit() > 100) {
      co_return base::InvalidField("limit", "must be 1 to 100");
    }
    v1::ListHotUsersResponse response;
    const auto limit = static_cast<size_t>(request.limit() == 0 ? 10 : request.limit());
    for (const HotUser& user : ports_.hot_users.Top(limit)) {
      v1::HotUser& message = *response.add_users();
      message.set_user_id(user.user_id);
      message.set_reads(user.reads);
    }
    co_return response;
  }

  Async<v1::CacheStats> HandleGetCacheStats(const CallContext& /*context*/,
                                            const v1::GetCacheStatsRequest& /*request*/) {
    const auto value = [](const telemetry::Counter& counter) {
      return static_cast<int64_t>(counter.Value());
    };
    const ReadCounters& counters = ports_.counters;
    v1::CacheStats stats;
    stats.set_local_hits(value(counters.local_hits));
    stats.set_list_hits(value(counters.list_hits));
    stats.set_list_misses(value(counters.list_misses));
    stats.set_object_hits(value(counters.object_hits));
    stats.set_object_misses(value(counters.object_misses));
    stats.set_bypassed(value(counters.bypassed));
    stats.set_audited(value(ports_.auditor.audited()));
    stats.set_mismatches(value(ports_.auditor.mismatches()));
    co_return stats;
  }

  Async<v1::ListShardsResponse> HandleListShards(const CallContext& context,
                                                 const v1::ListShardsRequest& /*request*/) {
    v1::ListShardsResponse response;
    for (const redis::ClusterNode& node : ports_.clusters[context.reactor]->Nodes()) {
      *response.add_nodes() = ToMessage(node);
    }
    co_return response;
  }

  Async<v1::PingResponse> HandlePing(const CallContext& /*context*/,
                                     const v1::PingRequest& /*request*/) {
    v1::PingResponse response;
    response.set_message("pong");
    co_return response;
  }

  rpc::MethodRecorder& Recorder(const char* method) {
    return runtime_.Recorder(std::string(kPostServiceName) + "/" + method);
  }

  rpc::Runtime& runtime_;
  const PostPorts ports_;
  rpc::MethodRecorder& create_user_ = Recorder("CreateUser");
  rpc::MethodRecorder& get_user_ = Recorder("GetUser");
  rpc::MethodRecorder& list_user_posts_ = Recorder("ListUserPosts");
  rpc::MethodRecorder& create_post_ = Recorder("CreatePost");
  rpc::MethodRecorder& get_post_ = Recorder("GetPost");
  rpc::MethodRecorder& update_post_ = Recorder("UpdatePost");
  rpc::MethodRecorder& delete_post_ = Recorder("DeletePost");
  rpc::MethodRecorder& get_feed_ = Recorder("GetFeed");
  rpc::MethodRecorder& list_hot_users_ = Recorder("ListHotUsers");
  rpc::MethodRecorder& get_cache_stats_ = Recorder("GetCacheStats");
  rpc::MethodRecorder& list_shards_ = Recorder("ListShards");
  rpc::MethodRecorder& ping_ = Recorder("Ping");
};

}  // namespace

std::unique_ptr<grpc::Service> MakePostService(rpc::Runtime& runtime, PostPorts ports) {
  return std::make_unique<PostRpc>(runtime, std::move(ports));
}

}  // namespace trellis::post
