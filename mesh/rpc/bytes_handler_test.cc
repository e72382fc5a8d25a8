// Calls with serialized answers through a real server.
#include "mesh/rpc/bytes_handler.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include "mesh/base/reactors.h"
#include "mesh/base/testing/subprocess.h"
#include "mesh/rpc/server.h"
#include "mesh/rpc/testing/echo_server.h"

namespace trellis::rpc {
namespace {

namespace asio = boost::asio;
using base::testing::WaitUntil;
using testing::EchoRequest;
using testing::EchoResponse;
using ::testing::HasSubstr;
using Result = absl::StatusOr<MessageBytes>;
using Handler = std::function<asio::awaitable<Result>(CallContext, const EchoRequest&)>;

class BytesHandlerTest : public ::testing::Test {
 protected:
  class Service final
      : public testing::EchoService::WithRawCallbackMethod_Echo<testing::EchoService::Service> {
   public:
    Service(Runtime& runtime, Handler handler) : runtime_(runtime), handler_(std::move(handler)) {}
    grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override {
      return UnaryToBytes<EchoRequest>(runtime_, recorder_, context, request, response,
                                       std::ref(handler_));
    }

   private:
    Runtime& runtime_;
    const Handler handler_;
    MethodRecorder& recorder_ = runtime_.Recorder("trellis.rpc.testing.EchoService/Echo");
  };

  void Start(Handler handler) {
    service_ = std::make_unique<Service>(runtime_, std::move(handler));
    server_ = std::make_unique<Server>(ServerOptions{.address = "127.0.0.1:0"},
                                       std::vector<grpc::Service*>{service_.get()},
                                       std::vector<std::string>{testing::kEchoService});
    ASSERT_TRUE(server_->Start().ok());
    reactors_.Start();
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                   grpc::InsecureChannelCredentials());
    stub_ = testing::EchoService::NewStub(channel_);
  }
  void TearDown() override {
    if (server_) server_->Drain(base::Deadline::After(base::milliseconds(0)));
    reactors_.Stop();
  }
  grpc::Status Call(const std::string& text, EchoResponse* response) {
    grpc::ClientContext context;
    EchoRequest request;
    request.set_text(text);
    return stub_->Echo(&context, request, response);
  }

  base::Reactors reactors_{1};
  telemetry::Metrics metrics_;
  Runtime runtime_{reactors_, metrics_, {}};
  std::unique_ptr<Service> service_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<testing::EchoService::Stub> stub_;
};

TEST_F(BytesHandlerTest, BytesGoOutAsTheyAre) {
  std::weak_ptr<const std::string> sent;
  Start([&sent](CallContext, const EchoRequest& request) -> asio::awaitable<Result> {
    EchoResponse response;
    response.set_text(request.text());
    auto bytes = std::make_shared<const std::string>(response.SerializeAsString());
    sent = bytes;
    co_return bytes;
  });
  for (const size_t size : {size_t{0}, size_t{1}, size_t{300}, size_t{1} << 20}) {
    EchoResponse response;
    const std::string text(size, 'x');
    const grpc::Status status = Call(text, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.text(), text);
  }
  // gRPC gives them back.
  EXPECT_TRUE(WaitUntil([&sent] { return sent.expired(); }));
}

TEST_F(BytesHandlerTest, OneAnswerServesManyCalls) {
  EchoResponse message;
  message.set_text("shared");
  const auto bytes = std::make_shared<const std::string>(message.SerializeAsString());
  Start([bytes](CallContext, const EchoRequest&) -> asio::awaitable<Result> { co_return bytes; });
  for (int i = 0; i < 20; ++i) {
    EchoResponse response;
    ASSERT_TRUE(Call("", &response).ok());
    EXPECT_EQ(response.text(), "shared");
  }
}

TEST_F(BytesHandlerTest, ErrorComesBackWithItsDetails) {
  const absl::Status error = base::InvalidField("text", "must not be empty");
  Start([&error](CallContext, const EchoRequest&) -> asio::awaitable<Result> { co_return error; });
  EchoResponse response;
  EXPECT_EQ(FromGrpc(Call("", &response)), error);
}

TEST_F(BytesHandlerTest, AnExceptionIsInternal) {
  Start([](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    throw std::runtime_error("no luck");
    co_return MessageBytes();
  });
  EchoResponse response;
  EXPECT_EQ(Call("", &response).error_code(), grpc::StatusCode::INTERNAL);
}

TEST_F(BytesHandlerTest, ARequestThatIsNoneIsRefused) {
  bool asked = false;
  Start([&asked](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    asked = true;
    co_return std::make_shared<const std::string>();
  });
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice slice(std::string("\xff\xff\xff"));
  const grpc::ByteBuffer request(&slice, 1);
  const auto call =
      stub.PrepareUnaryCall(&context, "/trellis.rpc.testing.EchoService/Echo", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("EchoRequest"));
  EXPECT_FALSE(asked);
}

TEST_F(BytesHandlerTest, ACallerThatGoesAwayCancelsTheHandler) {
  std::atomic<bool> begun = false, unwound = false;
  Start([&](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    const std::shared_ptr<void> guard(nullptr, [&unwound](void*) { unwound = true; });
    begun = true;
    co_await testing::WaitForEver();
    co_return MessageBytes();
  });
  grpc::ClientContext context;
  EchoRequest request;
  EchoResponse response;
  std::atomic<bool> done = false;
  stub_->async()->Echo(&context, &request, &response,
                       [&done](const grpc::Status&) { done = true; });
  ASSERT_TRUE(WaitUntil([&] { return begun.load(); }));
  context.TryCancel();
  EXPECT_TRUE(WaitUntil([&] { return unwound && done; }));
  EXPECT_TRUE(WaitUntil([this] { return runtime_.in_flight() == 0; }));
}

}  // namespace
}  // namespace trellis::rpc
