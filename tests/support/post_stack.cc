#include "tests/support/post_stack.h"

#include <grpcpp/grpcpp.h>

#include <iostream>
#include <stdexcept>

#include "mesh/rpc/channel.h"
#include "mesh/rpc/status.h"

namespace trellis::testing {
namespace {

std::string Loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

void SetDeadline(grpc::ClientContext& context, const CallOptions& options) {
  context.set_deadline(std::chrono::system_clock::now() + options.deadline);
}

}  // namespace

PostStack::PostStack(PostStackOptions options)
    : postgres_(options.postgres_settings),
      db_url_(postgres_.CreateDatabase()),
      http_port_(StablePort()) {
  for (int i = 0; i < options.services; ++i) {
    grpc_ports_.push_back(StablePort());
    Variables variables = options.service;
    variables["RPC_ADDR"] = Loopback(grpc_ports_.back());
    services_.push_back(Make("post-" + std::to_string(i), "post", variables));
    services_.back()->Start();
  }
  gateway_ = Make("gateway", "gateway",
                  GatewaySettings(http_port_, {{"POST_ADDR", Loopback(grpc_ports_.front())}}));
  gateway_->Start();
  for (const auto& service : services_) service->AwaitReady();
  gateway_->AwaitReady();
  const bool connected = WaitUntil([this] {
    const auto reply = Http().Get("/ping");
    return reply.ok() && reply->status == 200;
  });
  if (!connected) throw std::runtime_error("the gateway cannot reach the service\n" + LogTails());
}

std::unique_ptr<ServerProcess> PostStack::Make(const std::string& name, const std::string& binary,
                                               const Variables& more) const {
  Variables variables = {{"OPS_ADDR", Loopback(0)},
                         {"REDIS_CLUSTER_ADDRS", Joined(redis_.addresses())},
                         {"DB_URL", db_url_}};
  for (const auto& [variable, value] : more) variables[variable] = value;
  return std::make_unique<ServerProcess>(name, binary, std::move(variables),
                                         directory_.File(name + ".log"));
}

std::unique_ptr<PostStub> PostStack::Stub(size_t service) const {
  rpc::ChannelOptions options;
  options.target = Loopback(grpc_ports_.at(service));
  auto channel = rpc::MakeChannel(options);
  channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(5));
  return post::v1::PostService::NewStub(channel);
}

void PostStack::AddUsers(int count) const {
  (void)Query(
      "INSERT INTO users (username, email) SELECT 'user' || i, 'user' || i || '@example.com'"
      " FROM generate_series(1, " +
      std::to_string(count) + ") AS i");
}

double PostStack::Metric(const std::string& sample) {
  double sum = 0;
  for (const auto& service : services_) sum += service->Metric(sample);
  return sum;
}

std::string PostStack::LogTails() const {
  std::string tails = gateway_->LogTail();
  for (const auto& service : services_) tails += service->LogTail();
  return tails;
}

PostStack& PostTest::Make(PostStackOptions options) {
  stack_ = std::make_unique<PostStack>(std::move(options));
  return *stack_;
}

void PostTest::TearDown() {
  if (HasFailure() && stack_) std::cerr << stack_->LogTails();
}

absl::StatusOr<post::v1::Post> CreatePost(PostStub& stub, int64_t user_id,
                                          const std::string& content, CallOptions options) {
  grpc::ClientContext context;
  SetDeadline(context, options);
  post::v1::CreatePostRequest request;
  request.set_user_id(user_id);
  request.set_content(content);
  post::v1::Post post;
  const grpc::Status status = stub.CreatePost(&context, request, &post);
  if (!status.ok()) return rpc::FromGrpc(status);
  return post;
}

absl::Status DeletePost(PostStub& stub, int64_t id, CallOptions options) {
  grpc::ClientContext context;
  SetDeadline(context, options);
  post::v1::DeletePostRequest request;
  request.set_id(id);
  post::v1::DeletePostResponse response;
  return rpc::FromGrpc(stub.DeletePost(&context, request, &response));
}

absl::StatusOr<post::v1::ListPostsResponse> ListPosts(PostStub& stub,
                                                      const post::v1::ListUserPostsRequest& request,
                                                      CallOptions options) {
  grpc::ClientContext context;
  SetDeadline(context, options);
  post::v1::ListPostsResponse response;
  const grpc::Status status = stub.ListUserPosts(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

}  // namespace trellis::testing
