// Batch calls through a real server.
#include "mesh/rpc/batch.h"

#include <gmock/gmock.h>

#include <boost/asio/this_coro.hpp>
#include <set>

#include "mesh/base/sleep.h"
#include "mesh/base/testing/subprocess.h"
#include "mesh/rpc/testing/echo_server.h"

namespace trellis::rpc {
namespace {

namespace asio = boost::asio;
using base::milliseconds;
using base::testing::WaitUntil;
using testing::BatchEchoRequest;
using testing::BatchEchoResponse;
using testing::EchoHandlers;
using testing::EchoRequest;
using testing::EchoResponse;
using testing::EchoServer;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Result = absl::StatusOr<EchoResponse>;

constexpr char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr char kOtherTrace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class BatchTest : public ::testing::Test {
 protected:
  void Start(decltype(EchoHandlers::echo) handler, RuntimeOptions options = {}) {
    EchoHandlers handlers;
    handlers.echo = std::move(handler);
    server_ = std::make_unique<EchoServer>(std::move(handlers), std::move(options));
    stub_ = server_->Stub();
  }
  void Add(const std::string& text) { request_.add_requests()->set_text(text); }
  grpc::Status Call() {
    grpc::ClientContext context;
    return stub_->BatchEcho(&context, request_, &response_);
  }
  // Of calls of Echo.
  [[nodiscard]] double Recorded(const std::string& code) const {
    const std::string text = server_->metrics().Text();
    const std::string line = "trellis_rpc_calls_total{code=\"" + code + "\",method=\"" +
                             testing::kEchoService + "/Echo\"} ";
    const size_t at = text.find(line);
    return at == text.npos ? 0 : std::stod(text.substr(at + line.size()));
  }

  BatchEchoRequest request_;
  BatchEchoResponse response_;
  std::unique_ptr<EchoServer> server_;
  std::unique_ptr<testing::EchoService::Stub> stub_;
};

asio::awaitable<Result> EchoUnlessBad(CallContext, const EchoRequest& request) {
  if (request.text() == "bad") co_return base::InvalidField("text", "is bad");
  if (request.text() == "thrown") throw std::runtime_error("secret detail");
  EchoResponse response;
  response.set_text(request.text());
  co_return response;
}

TEST_F(BatchTest, EachHasItsOwnResultAndRecord) {
  Start(EchoUnlessBad);
  for (const char* text : {"a", "bad", "thrown", "b"}) Add(text);
  ASSERT_TRUE(Call().ok());
  ASSERT_THAT(response_.results(), SizeIs(4));
  EXPECT_EQ(response_.results(0).response().text(), "a");
  EXPECT_EQ(FromMessage(response_.results(1).error()), base::InvalidField("text", "is bad"));
  EXPECT_EQ(response_.results(2).error().code(), static_cast<int>(grpc::StatusCode::INTERNAL));
  EXPECT_EQ(response_.results(2).error().message().find("secret"), std::string::npos);
  EXPECT_EQ(response_.results(3).response().text(), "b");
  EXPECT_EQ(Recorded("OK"), 2);
  EXPECT_EQ(Recorded("INVALID_ARGUMENT"), 1);
  EXPECT_EQ(Recorded("INTERNAL"), 1);
}

TEST_F(BatchTest, AllRunAtTheSameTime) {
  int under_way = 0;
  Start([&under_way](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    ++under_way;
    while (under_way < 3) co_await base::Sleep(milliseconds(1));
    co_return EchoResponse();
  });
  for (const char* text : {"a", "b", "c"}) Add(text);
  EXPECT_TRUE(Call().ok());
}

TEST_F(BatchTest, EachIsOfItsOwnTrace) {
  std::multiset<std::string> traces, ids;
  Start([&](CallContext context, const EchoRequest&) -> asio::awaitable<Result> {
    traces.insert(context.trace.trace_id);
    ids.insert(context.request_id);
    co_return EchoResponse();
  });
  Add("a");
  Add("b");
  request_.add_traceparents(kTrace);
  request_.add_traceparents(kOtherTrace);
  ASSERT_TRUE(Call().ok());
  EXPECT_THAT(traces, UnorderedElementsAre("0af7651916cd43dd8448eb211c80319c",
                                           "4bf92f3577b34da6a3ce929d0e0e4736"));
  EXPECT_EQ(ids, traces);
}

TEST_F(BatchTest, WithoutTracesOfTheirOwnAllAreOfTheCalls) {
  std::set<std::string> traces;
  Start([&](CallContext context, const EchoRequest&) -> asio::awaitable<Result> {
    traces.insert(context.trace.trace_id);
    co_return EchoResponse();
  });
  Add("a");
  Add("b");
  grpc::ClientContext context;
  context.AddMetadata("traceparent", kTrace);
  ASSERT_TRUE(stub_->BatchEcho(&context, request_, &response_).ok());
  EXPECT_THAT(traces, UnorderedElementsAre("0af7651916cd43dd8448eb211c80319c"));
}

TEST_F(BatchTest, WhatIsNoBatchIsRefusedAndCallsNobody) {
  int called = 0;
  Start([&called](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
    ++called;
    co_return EchoResponse();
  });
  const auto refused = [&](const std::string& field) {
    const grpc::Status status = Call();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(field));
  };
  refused("requests");
  Add("a");
  Add("b");
  request_.add_traceparents(kTrace);
  refused("traceparents");
  request_.clear_traceparents();
  grpc::ClientContext context;
  context.AddMetadata("idempotency-key", "key");
  EXPECT_THAT(stub_->BatchEcho(&context, request_, &response_).error_message(),
              HasSubstr("idempotency-key"));
  for (int i = 0; i < kMaxBatch; ++i) Add("more");
  refused("requests");
  EXPECT_EQ(called, 0);
}

TEST_F(BatchTest, EachTakesAPlaceAmongThoseInFlight) {
  RuntimeOptions options;
  options.max_in_flight = 3;  // the batch itself is one
  std::atomic<bool> go = false;
  Start(
      [&go](CallContext, const EchoRequest&) -> asio::awaitable<Result> {
        while (!go) co_await base::Sleep(milliseconds(1));
        co_return EchoResponse();
      },
      options);
  for (const char* text : {"a", "b", "c"}) Add(text);
  std::thread caller([&] { EXPECT_TRUE(Call().ok()); });
  EXPECT_TRUE(WaitUntil([&] { return Recorded("RESOURCE_EXHAUSTED") == 1; }));
  EXPECT_EQ(server_->runtime().in_flight(), 3);
  go = true;
  caller.join();
  EXPECT_TRUE(response_.results(0).has_response());
  EXPECT_TRUE(response_.results(1).has_response());
  EXPECT_EQ(response_.results(2).error().code(),
            static_cast<int>(grpc::StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_TRUE(WaitUntil([&] { return server_->runtime().in_flight() == 0; }));
}

// They refer to the batch, so it must outlive them.
TEST_F(BatchTest, ACancelledBatchWaitsForItsHandlers) {
  std::atomic<int> started = 0, ended = 0;
  std::atomic<bool> go = false;
  Start([&](CallContext, const EchoRequest& request) -> asio::awaitable<Result> {
    ++started;
    while (!go) co_await base::Sleep(milliseconds(1));
    EchoResponse response;
    response.set_text(request.text());
    ++ended;
    co_return response;
  });
  Add("a");
  Add("b");
  grpc::ClientContext context;
  std::thread caller([&] {
    EXPECT_EQ(stub_->BatchEcho(&context, request_, &response_).error_code(),
              grpc::StatusCode::CANCELLED);
  });
  ASSERT_TRUE(WaitUntil([&] { return started == 2; }));
  context.TryCancel();
  caller.join();
  EXPECT_EQ(server_->runtime().in_flight(), 3);
  go = true;
  EXPECT_TRUE(WaitUntil([&] { return server_->runtime().in_flight() == 0; }));
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace trellis::rpc
