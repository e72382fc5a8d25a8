#include "clients/cpp/client.h"

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <grpcpp/grpcpp.h>

#include <atomic>

#include "trellis/enqueue/v1/enqueue.grpc.pb.h"

namespace trellis::client {
namespace {

namespace v1 = enqueue::v1;
using v1::EnqueueService;

// Counts calls, answers `status`, or not at all while `silent`.
class Service final : public EnqueueService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Enqueue(grpc::CallbackServerContext* context,
                                    const v1::EnqueueRequest* request,
                                    v1::EnqueueResponse* response) override {
    response->set_id("id of " + request->message());
    const auto key = context->client_metadata().find("idempotency-key");
    if (key != context->client_metadata().end())
      keys.emplace_back(key->second.data(), key->second.size());
    return Answer(context);
  }
  grpc::ServerUnaryReactor* GetQueue(grpc::CallbackServerContext* context,
                                     const v1::GetQueueRequest*, v1::Queue*) override {
    return Answer(context);
  }

  grpc::Status status;
  bool silent = false;
  std::atomic<int> calls = 0;
  std::vector<std::string> keys;

 private:
  class Silence final : public grpc::ServerUnaryReactor {
   public:
    void OnCancel() override { Finish(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }
  };

  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context) {
    ++calls;
    if (silent) return new Silence;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }
};

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    options_.address = "127.0.0.1:" + std::to_string(port);
  }
  ~ClientTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  Service service_;
  std::unique_ptr<grpc::Server> server_;
  Options options_;
};

TEST_F(ClientTest, CallReturnsTheResponse) {
  Client<EnqueueService> client(options_);
  v1::EnqueueRequest request;
  request.set_message("hello");
  const auto response = client.Call(&EnqueueService::Stub::Enqueue, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->id(), "id of hello");
}

TEST_F(ClientTest, ErrorsKeepTheirDetails) {
  service_.status = rpc::ToGrpc(base::InvalidField("message", "must not be empty"));
  Client<EnqueueService> client(options_);
  const auto response = client.Call(&EnqueueService::Stub::Enqueue, v1::EnqueueRequest());
  EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(response.status().GetPayload("type.googleapis.com/google.rpc.BadRequest"));
}

TEST_F(ClientTest, CallEndsAtItsTimeout) {
  service_.silent = true;
  options_.timeout = base::milliseconds(50);
  Client<EnqueueService> client(options_);
  const auto response = client.Call(&EnqueueService::Stub::Enqueue, v1::EnqueueRequest());
  EXPECT_EQ(response.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ClientTest, MethodsAreRepeatedAsTheProtoSays) {
  service_.status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "Redis is away");
  Client<EnqueueService> client(options_);
  EXPECT_FALSE(client.Call(&EnqueueService::Stub::Enqueue, v1::EnqueueRequest()).ok());
  EXPECT_EQ(service_.calls, 1);
  EXPECT_FALSE(client.Call(&EnqueueService::Stub::GetQueue, v1::GetQueueRequest()).ok());
  EXPECT_EQ(service_.calls, 1 + 3);
}

TEST_F(ClientTest, IdempotencyKeyIsMetadataOfTheCall) {
  Client<EnqueueService> client(options_);
  const v1::EnqueueRequest request;
  EXPECT_TRUE(
      client.Call(&EnqueueService::Stub::Enqueue, request, {.idempotency_key = "k-1"}).ok());
  EXPECT_TRUE(client.Call(&EnqueueService::Stub::Enqueue, request).ok());
  EXPECT_THAT(service_.keys, ::testing::ElementsAre("k-1"));
}

TEST_F(ClientTest, KeyThatGrpcCannotCarryIsRefusedBeforeItIsSent) {
  Client<EnqueueService> client(options_);
  for (const std::string& key : {std::string("a b"), std::string("line\n"), std::string("\xC3\xA4"),
                                 std::string(256, 'k')}) {
    const auto response =
        client.Call(&EnqueueService::Stub::Enqueue, v1::EnqueueRequest(), {.idempotency_key = key});
    EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument) << key;
  }
  EXPECT_EQ(service_.calls, 0);
}

TEST_F(ClientTest, MissingServerIsUnavailable) {
  Client<EnqueueService> client({.address = "127.0.0.1:1"});
  const auto response = client.Call(&EnqueueService::Stub::Enqueue, v1::EnqueueRequest());
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::client
