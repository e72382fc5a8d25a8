// Unary calls through a real server.
#include "mesh/rpc/handler.h"

#include <gmock/gmock.h>

#include <future>

#include "absl/strings/cord.h"
#include "mesh/base/ids.h"
#include "mesh/base/testing/subprocess.h"
#include "mesh/rpc/testing/echo_server.h"

namespace trellis::rpc {
namespace {

namespace asio = boost::asio;
using base::milliseconds;
using base::testing::WaitUntil;
using testing::EchoHandlers;
using testing::EchoRequest;
using testing::EchoResponse;
using testing::EchoServer;
using ::testing::HasSubstr;
using ::testing::Not;
using Result = absl::StatusOr<EchoResponse>;

asio::awaitable<Result> Echo(CallContext, const EchoRequest& request) {
  EchoResponse response;
  response.set_text(request.text());
  co_return response;
}

// A call under way, from a client that does not block.
struct AsyncCall {
  explicit AsyncCall(testing::EchoService::Stub& stub) {
    stub.async()->Echo(&context, &request, &response,
                       [this](grpc::Status status) { done.set_value(std::move(status)); });
  }
  grpc::StatusCode Code() { return done.get_future().get().error_code(); }

  grpc::ClientContext context;
  EchoRequest request;
  EchoResponse response;
  std::promise<grpc::Status> done;
};

class UnaryTest : public ::testing::Test {
 protected:
  void Start(decltype(EchoHandlers::echo) handler, RuntimeOptions options = {}) {
    EchoHandlers handlers;
    handlers.echo = std::move(handler);
    server_ = std::make_unique<EchoServer>(std::move(handlers), std::move(options));
    stub_ = server_->Stub();
  }

  // Calls and keeps the context that the handler was given.
  grpc::Status Call(grpc::ClientContext& context, const std::string& text = "") {
    EchoRequest request;
    request.set_text(text);
    return stub_->Echo(&context, request, &response_);
  }
  grpc::Status Call() {
    grpc::ClientContext context;
    return Call(context);
  }

  void StartKeepingContext(RuntimeOptions options = {}) {
    Start(
        [this](CallContext context, const EchoRequest&) -> asio::awaitable<Result> {
          seen_ = std::move(context);
          co_return EchoResponse();
        },
        std::move(options));
  }

  // A handler that waits for ever; `unwound_` tells when its coroutine is destroyed.
  void StartWaiting(RuntimeOptions options = {}) {
    Start(
        [this](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
          const std::shared_ptr<void> guard(nullptr, [this](void*) { unwound_ = true; });
          co_await testing::WaitForEver();
          co_return EchoResponse();
        },
        std::move(options));
  }

  bool WaitInFlight(int count) {
    return WaitUntil([this, count] { return server_->runtime().in_flight() == count; });
  }

  CallContext seen_;
  EchoResponse response_;
  std::atomic<bool> unwound_{false};
  std::unique_ptr<EchoServer> server_;
  std::unique_ptr<testing::EchoService::Stub> stub_;
};

TEST_F(UnaryTest, ResponseComesBack) {
  Start(Echo);
  grpc::ClientContext context;
  const grpc::Status status = Call(context, "hello");
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.text(), "hello");
}

TEST_F(UnaryTest, ErrorComesBackWithItsDetails) {
  const absl::Status error = base::InvalidField("text", "must not be empty");
  Start([&error](CallContext, const EchoRequest&) -> asio::awaitable<Result> { co_return error; });
  EXPECT_EQ(FromGrpc(Call()), error);
}

TEST_F(UnaryTest, ThrownExceptionIsInternalAndKeepsItsTextToItself) {
  Start([](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    throw std::runtime_error("secret detail");
    co_return EchoResponse();
  });
  const grpc::Status status = Call();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(UnaryTest, ThrownObjectOfAnyTypeIsInternal) {
  Start([](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    throw 7;
    co_return EchoResponse();
  });
  EXPECT_EQ(Call().error_code(), grpc::StatusCode::INTERNAL);
}

TEST_F(UnaryTest, HandlersRunOnTheReactorThatTheirContextNames) {
  std::atomic<int> wrong{0};
  std::set<size_t> reactors;
  std::mutex mutex;
  Start([&](CallContext context, const EchoRequest&) -> asio::awaitable<Result> {
    auto executor = co_await asio::this_coro::executor;
    if (&executor.context() != &server_->runtime().reactors()[context.reactor]) ++wrong;
    const std::lock_guard lock(mutex);
    reactors.insert(context.reactor);
    co_return EchoResponse();
  });
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Call().ok());
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(reactors.size(), 2u) << "in turn";
}

TEST_F(UnaryTest, DeadlineOfTheCallerIsPassedOn) {
  StartKeepingContext();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  ASSERT_TRUE(Call(context).ok());
  // gRPC rounds the time on the wire up, by less than a hundredth.
  EXPECT_LE(seen_.deadline.Remaining(), milliseconds(20'200));
  EXPECT_GT(seen_.deadline.Remaining(), milliseconds(5000));
}

TEST_F(UnaryTest, DeadlineIsClampedToTheServersOwn) {
  RuntimeOptions options;
  options.max_deadline = milliseconds(20'000);
  StartKeepingContext(options);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  ASSERT_TRUE(Call(context).ok());
  EXPECT_LE(seen_.deadline.Remaining(), milliseconds(20'000));
}

TEST_F(UnaryTest, CallWithoutADeadlineGetsTheServersOwn) {
  RuntimeOptions options;
  options.max_deadline = milliseconds(20'000);
  StartKeepingContext(options);
  ASSERT_TRUE(Call().ok());
  EXPECT_LE(seen_.deadline.Remaining(), milliseconds(20'000));
  EXPECT_GT(seen_.deadline.Remaining(), milliseconds(5000));
}

TEST_F(UnaryTest, ExpiredDeadlineNeverStartsTheHandler) {
  RuntimeOptions options;
  options.max_deadline = milliseconds(0);
  std::atomic<int> started{0};
  Start(
      [&started](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
        ++started;
        co_return EchoResponse();
      },
      options);
  EXPECT_EQ(Call().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(started, 0);
  EXPECT_EQ(server_->runtime().in_flight(), 0);
}

TEST_F(UnaryTest, CancellationByTheClientUnwindsTheHandler) {
  StartWaiting();
  AsyncCall call(*stub_);
  ASSERT_TRUE(WaitInFlight(1));
  call.context.TryCancel();
  EXPECT_EQ(call.Code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(WaitInFlight(0));
  EXPECT_TRUE(unwound_);
}

TEST_F(UnaryTest, PassedDeadlineUnwindsTheHandler) {
  StartWaiting();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(Call(context).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(WaitInFlight(0));
}

TEST_F(UnaryTest, LostClientUnwindsTheHandler) {
  StartWaiting();
  auto channel = server_->Channel();
  auto stub = testing::EchoService::NewStub(channel);
  std::vector<std::unique_ptr<AsyncCall>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(std::make_unique<AsyncCall>(*stub));
  ASSERT_TRUE(WaitInFlight(50));
  for (auto& call : calls) call->context.TryCancel();
  EXPECT_TRUE(WaitInFlight(0));
  for (auto& call : calls) EXPECT_EQ(call->Code(), grpc::StatusCode::CANCELLED);
}

TEST_F(UnaryTest, CancellationThatRacesWithTheEndIsHarmless) {
  Start(Echo);
  for (int i = 0; i < 300; ++i) {
    AsyncCall call(*stub_);
    call.context.TryCancel();
    const grpc::StatusCode code = call.Code();
    ASSERT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::CANCELLED) << code;
  }
  EXPECT_TRUE(WaitInFlight(0));
  EXPECT_TRUE(Call().ok());
}

TEST_F(UnaryTest, CallsOverTheLimitAreRefused) {
  RuntimeOptions options;
  options.max_in_flight = 1;
  StartWaiting(options);
  AsyncCall first(*stub_);
  ASSERT_TRUE(WaitInFlight(1));
  EXPECT_EQ(Call().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(server_->runtime().in_flight(), 1) << "a refused call takes no place";
  first.context.TryCancel();
  EXPECT_TRUE(WaitInFlight(0));
  EXPECT_EQ(first.Code(), grpc::StatusCode::CANCELLED);
}

TEST_F(UnaryTest, RequestIdAndTraceAreTakenFromTheMetadata) {
  StartKeepingContext();
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "id-1");
  context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(Call(context).ok());
  EXPECT_EQ(seen_.request_id, "id-1");
  EXPECT_EQ(seen_.trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_NE(seen_.trace.span_id, "00f067aa0ba902b7") << "a span of its own";
  EXPECT_TRUE(seen_.trace.sampled);
}

TEST_F(UnaryTest, RequestIdAndTraceAreMadeWhenMissing) {
  StartKeepingContext();
  ASSERT_TRUE(Call().ok());
  EXPECT_EQ(seen_.request_id, seen_.trace.trace_id);
  EXPECT_TRUE(telemetry::TraceContext::Parse(seen_.trace.Format()).has_value());
}

TEST_F(UnaryTest, CallsAreCountedByMethodAndCode) {
  Start([](CallContext, const EchoRequest& request) -> asio::awaitable<Result> {
    if (request.text() == "no") co_return absl::NotFoundError("no");
    co_return EchoResponse();
  });
  for (const char* text : {"yes", "no", "yes"}) {
    grpc::ClientContext context;
    (void)Call(context, text);
  }
  const std::string metrics = server_->metrics().Text();
  const std::string method = "method=\"trellis.rpc.testing.EchoService/Echo\"";
  EXPECT_THAT(metrics, HasSubstr("trellis_rpc_calls_total{code=\"OK\"," + method + "} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("trellis_rpc_calls_total{code=\"NOT_FOUND\"," + method + "} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("trellis_rpc_duration_seconds_count{" + method + "} 3\n"));
  EXPECT_THAT(metrics, HasSubstr("trellis_rpc_in_flight 0\n"));
}

}  // namespace
}  // namespace trellis::rpc
