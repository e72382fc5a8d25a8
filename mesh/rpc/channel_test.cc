#include "mesh/rpc/channel.h"

#include <gmock/gmock.h>
#include <grpcpp/support/validate_service_config.h>

#include <optional>

#include "mesh/base/testing/subprocess.h"
#include "mesh/rpc/testing/echo_server.h"

namespace trellis::rpc {
namespace {

namespace asio = boost::asio;
using base::testing::WaitUntil;
using testing::EchoHandlers;
using testing::EchoRequest;
using testing::EchoResponse;
using testing::EchoServer;
using ::testing::HasSubstr;
using testing::kEchoService;
using ::testing::Not;
using Result = absl::StatusOr<EchoResponse>;

// gRPC ignores a config that it does not understand, so only its own parser can tell.
std::string ErrorIn(const ChannelOptions& options) {
  return grpc::experimental::ValidateServiceConfigJSON(ServiceConfig(options));
}

TEST(ServiceConfig, IsValidInEachOfItsForms) {
  ChannelOptions options;
  options.service = "a.b.Service";
  EXPECT_EQ(ErrorIn(options), "");
  options.health_check = true;
  EXPECT_EQ(ErrorIn(options), "");
  options.idempotent_methods = {"Get"};
  EXPECT_EQ(ErrorIn(options), "");
  options.idempotent_methods = {"Get", "List", "Watch"};
  options.health_check = false;
  EXPECT_EQ(ErrorIn(options), "");
}

TEST(ServiceConfig, RetriesOnlyTheIdempotentMethods) {
  ChannelOptions options;
  options.service = "a.b.Service";
  EXPECT_THAT(ServiceConfig(options), Not(HasSubstr("retryPolicy")));
  options.idempotent_methods = {"Get"};
  EXPECT_THAT(ServiceConfig(options), HasSubstr(R"([{"service":"a.b.Service","method":"Get"}])"));
}

class ChannelTest : public ::testing::Test {
 protected:
  // A server whose first `failures` calls answer `failure_`.
  void Start(int failures, int port = 0) {
    EchoHandlers handlers;
    handlers.echo = [this, failures](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
      if (++calls_ <= failures) co_return failure_;
      co_return EchoResponse();
    };
    server_.emplace(std::move(handlers), RuntimeOptions{}, port);
    options_.target = server_->address();
  }

  grpc::StatusCode Call() {
    if (stub_ == nullptr) {
      options_.service = kEchoService;
      stub_ = testing::EchoService::NewStub(MakeChannel(options_));
    }
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    EchoResponse response;
    return stub_->Echo(&context, EchoRequest(), &response).error_code();
  }

  std::atomic<int> calls_{0};
  absl::Status failure_ = absl::UnavailableError("not now");
  ChannelOptions options_;
  std::optional<EchoServer> server_;
  std::unique_ptr<testing::EchoService::Stub> stub_;
};

TEST_F(ChannelTest, IdempotentMethodIsSentAgainAfterUnavailable) {
  options_.idempotent_methods = {"Echo"};
  Start(2);
  EXPECT_EQ(Call(), grpc::StatusCode::OK);
  EXPECT_EQ(calls_, 3);
}

TEST_F(ChannelTest, IdempotentMethodIsSentAgainWhenTheServerCancels) {
  options_.idempotent_methods = {"Echo"};
  failure_ = absl::CancelledError("shutting down");
  Start(2);
  EXPECT_EQ(Call(), grpc::StatusCode::OK);
  EXPECT_EQ(calls_, 3);
}

TEST_F(ChannelTest, RetriesEndAfterThreeAttempts) {
  options_.idempotent_methods = {"Echo"};
  Start(1000);
  EXPECT_EQ(Call(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(calls_, 3);
}

TEST_F(ChannelTest, OtherMethodIsSentOnce) {
  options_.idempotent_methods = {"EchoStream"};
  Start(1);
  EXPECT_EQ(Call(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(calls_, 1);
}

TEST_F(ChannelTest, CallFailsFastWhileNoServerIsThere) {
  options_.target = "127.0.0.1:" + std::to_string(base::testing::FreePort());
  EXPECT_EQ(Call(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ChannelTest, RecoversWhenTheServerComesBack) {
  Start(0);
  ASSERT_EQ(Call(), grpc::StatusCode::OK);
  const int port = server_->server().port();
  server_.reset();
  EXPECT_EQ(Call(), grpc::StatusCode::UNAVAILABLE);
  Start(0, port);
  EXPECT_TRUE(WaitUntil([this] { return Call() == grpc::StatusCode::OK; }));
}

TEST_F(ChannelTest, HealthCheckLeavesOutAServerThatIsNotServing) {
  options_.health_check = true;
  Start(0);
  EXPECT_EQ(Call(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(calls_, 0);
  server_->server().SetServing(true);
  EXPECT_TRUE(WaitUntil([this] { return Call() == grpc::StatusCode::OK; }));
  server_->server().SetServing(false);
  EXPECT_TRUE(WaitUntil([this] { return Call() == grpc::StatusCode::UNAVAILABLE; }));
}

TEST_F(ChannelTest, WatchingHealthDoesNotHoldUpTheDrain) {
  options_.health_check = true;
  Start(0);
  server_->server().SetServing(true);
  ASSERT_TRUE(WaitUntil([this] { return Call() == grpc::StatusCode::OK; }));
  const base::Deadline patience = base::Deadline::After(base::milliseconds(20'000));
  server_->server().Drain(patience);
  EXPECT_FALSE(patience.Expired());
}

}  // namespace
}  // namespace trellis::rpc
