// Which calls travel together, on an upstream that notes what it is asked.
#include "gateway/upstream/batching_upstream.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "absl/strings/cord.h"
#include "gateway/testing/parse_service.h"
#include "mesh/base/sleep.h"
#include "mesh/base/testing/run.h"
#include "mesh/rpc/status_message.h"
#include "trellis/order/v1/order.pb.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using google::protobuf::Message;
using order::v1::BatchPlaceOrdersRequest;
using order::v1::BatchPlaceOrdersResponse;
using order::v1::PlaceOrderRequest;
using order::v1::PlaceOrderResponse;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kPlace[] = "/trellis.order.v1.OrderService/PlaceOrder";
constexpr char kBatch[] = "/trellis.order.v1.OrderService/BatchPlaceOrders";

class FakeUpstream final : public Upstream {
 public:
  asio::awaitable<UnaryResult> Unary(const OutgoingCall& call, const Message& request,
                                     Message* response, CancelHandle* /*cancel*/) override {
    calls.push_back(call);
    if (delay.count() > 0) co_await base::Sleep(delay);
    if (call.rpc_path == kBatch) {
      if (!batch_status.ok()) co_return UnaryResult{batch_status, {}};
      batches.push_back(static_cast<const BatchPlaceOrdersRequest&>(request));
      auto& answer = static_cast<BatchPlaceOrdersResponse&>(*response);
      for (const auto& order : batches.back().requests()) Place(order, answer.add_results());
      if (forget_one) answer.mutable_results()->RemoveLast();
      co_return UnaryResult{absl::OkStatus(), {{"from", "batch"}}};
    }
    static_cast<PlaceOrderResponse&>(*response).set_message(
        "alone " + static_cast<const PlaceOrderRequest&>(request).id());
    co_return UnaryResult{absl::OkStatus(), {{"from", "alone"}}};
  }
  std::unique_ptr<UpstreamStream> ServerStreaming(const OutgoingCall&, const Message&,
                                                  std::unique_ptr<Message>,
                                                  asio::any_io_executor) override {
    return nullptr;
  }
  bool Connected() override { return true; }

  [[nodiscard]] std::vector<std::string> Paths() const {
    std::vector<std::string> paths;
    for (const OutgoingCall& call : calls) paths.push_back(call.rpc_path);
    return paths;
  }

  std::vector<OutgoingCall> calls;
  std::vector<BatchPlaceOrdersRequest> batches;
  absl::Status batch_status;
  milliseconds delay{0};
  bool forget_one = false;

 private:
  static void Place(const PlaceOrderRequest& order, BatchPlaceOrdersResponse::Result* result) {
    if (order.id() == "nothing") return;
    if (order.id() == "bad") {
      *result->mutable_error() = rpc::ToMessage(base::InvalidField("id", "is bad"));
    } else {
      result->mutable_response()->set_message("together " + order.id());
    }
  }
};

class BatchingUpstreamTest : public ::testing::Test {
 protected:
  struct Call {
    OutgoingCall call;
    PlaceOrderRequest request;
    PlaceOrderResponse response;
    std::optional<UnaryResult> result;
  };

  BatchingUpstreamTest() {
    auto fake = std::make_unique<FakeUpstream>();
    fake_ = fake.get();
    auto made = MakeBatchingUpstream(
        std::move(fake),
        *PlaceOrderRequest::descriptor()->file()->FindServiceByName("OrderService"));
    EXPECT_TRUE(made.ok()) << made.status();
    upstream_ = std::move(*made);
  }

  // To be made in the same turn as the others.
  Call& Make(const std::string& id, const std::string& trace = "trace") {
    auto& call = *calls_.emplace_back(std::make_unique<Call>());
    call.call.rpc_path = kPlace;
    call.call.metadata = {{"traceparent", trace}};
    call.call.deadline = Deadline::After(milliseconds(20'000));
    call.request.set_id(id);
    return call;
  }
  void RunAll() {
    size_t ended = 0;
    for (const auto& call : calls_) {
      asio::co_spawn(context_,
                     upstream_->Unary(call->call, call->request, &call->response, nullptr),
                     [&ended, &call = *call](const std::exception_ptr&, UnaryResult result) {
                       call.result = std::move(result);
                       ++ended;
                     });
    }
    const Deadline deadline = Deadline::After(milliseconds(20'000));
    while (ended < calls_.size() && !deadline.Expired()) {
      context_.restart();
      context_.run_one_for(milliseconds(10));
    }
    ASSERT_EQ(ended, calls_.size());
  }

  asio::io_context context_{1};
  FakeUpstream* fake_ = nullptr;
  std::unique_ptr<Upstream> upstream_;
  std::vector<std::unique_ptr<Call>> calls_;
};

TEST_F(BatchingUpstreamTest, OneThatComesAloneGoesAsItIs) {
  Call& call = Make("a");
  RunAll();
  EXPECT_TRUE(call.result->status.ok()) << call.result->status;
  EXPECT_EQ(call.response.message(), "alone a");
  EXPECT_THAT(fake_->Paths(), ElementsAre(kPlace));
  EXPECT_EQ(fake_->calls[0].metadata, call.call.metadata);
  EXPECT_EQ(fake_->calls[0].deadline.time(), call.call.deadline.time());
}

TEST_F(BatchingUpstreamTest, ThoseOfOneTurnGoTogetherAndEachGetsItsOwnResult) {
  Call& a = Make("a", "trace a");
  Call& bad = Make("bad", "trace bad");
  Call& nothing = Make("nothing", "trace nothing");
  Call& b = Make("b", "trace b");
  a.response.set_message("of an earlier call");
  bad.response.set_message("of an earlier call");
  RunAll();
  EXPECT_THAT(fake_->Paths(), ElementsAre(kBatch));
  ASSERT_THAT(fake_->batches, SizeIs(1));
  EXPECT_THAT(fake_->batches[0].traceparents(),
              ElementsAre("trace a", "trace bad", "trace nothing", "trace b"));
  EXPECT_TRUE(a.result->status.ok());
  EXPECT_EQ(a.response.message(), "together a");
  EXPECT_EQ(a.result->metadata, (MetadataList{{"from", "batch"}}));
  EXPECT_EQ(bad.result->status, base::InvalidField("id", "is bad"));
  EXPECT_EQ(nothing.result->status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(b.response.message(), "together b");
}

TEST_F(BatchingUpstreamTest, ManyGoInSeveral) {
  for (int i = 0; i < 150; ++i) Make(std::to_string(i));
  RunAll();
  EXPECT_THAT(fake_->Paths(), ElementsAre(kBatch, kBatch, kBatch));
  for (const auto& call : calls_) {
    EXPECT_EQ(call->response.message(), "together " + call->request.id());
  }
}

TEST_F(BatchingUpstreamTest, WhatTheClientSentAlongKeepsACallApart) {
  for (const char* key : {"idempotency-key", "x-request-id", "authorization"}) {
    Make(key).call.metadata.emplace_back(key, "value");
  }
  Make("no trace").call.metadata.clear();
  Make("large").request.set_sku(std::string(17'000, 'x'));
  RunAll();
  EXPECT_THAT(fake_->Paths(), SizeIs(5));
  EXPECT_THAT(fake_->Paths(), Each(kPlace));
}

TEST_F(BatchingUpstreamTest, OtherMethodsGoAsTheyAre) {
  for (int i = 0; i < 3; ++i) Make("a").call.rpc_path = "/trellis.order.v1.OrderService/Other";
  RunAll();
  EXPECT_THAT(fake_->Paths(), Each("/trellis.order.v1.OrderService/Other"));
}

TEST_F(BatchingUpstreamTest, ABatchThatFailsFailsForAllAndIsNotMadeAgain) {
  for (const auto code : {absl::StatusCode::kUnavailable, absl::StatusCode::kInternal}) {
    fake_->calls.clear();
    calls_.clear();
    fake_->batch_status = base::MakeStatus(code, "broken");
    Call& a = Make("a");
    Call& b = Make("b");
    RunAll();
    EXPECT_EQ(a.result->status, fake_->batch_status);
    EXPECT_EQ(b.result->status, fake_->batch_status);
    EXPECT_THAT(fake_->Paths(), ElementsAre(kBatch));
  }
}

TEST_F(BatchingUpstreamTest, ANumberOfResultsThatDoesNotFitIsAnErrorForAllAndNotMadeAgain) {
  fake_->forget_one = true;
  Call& a = Make("a");
  Call& b = Make("b");
  RunAll();
  EXPECT_EQ(a.result->status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(b.result->status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(fake_->Paths(), ElementsAre(kBatch));
}

// An older server, while versions change.
TEST_F(BatchingUpstreamTest, AServerThatDoesNotKnowTheBatchMethodGetsTheCallsOneByOne) {
  fake_->batch_status = absl::UnimplementedError("no such method");
  Make("a");
  Make("b");
  RunAll();
  EXPECT_THAT(fake_->Paths(), ElementsAre(kBatch, kPlace, kPlace));
  for (const auto& call : calls_)
    EXPECT_EQ(call->response.message(), "alone " + call->request.id());
  // And is not asked again at once.
  fake_->calls.clear();
  calls_.clear();
  Make("a");
  Make("b");
  RunAll();
  EXPECT_THAT(fake_->Paths(), ElementsAre(kPlace, kPlace));
}

TEST_F(BatchingUpstreamTest, EachHasItsOwnDeadlineAndTheLatestIsTheBatchs) {
  fake_->delay = milliseconds(2000);
  Call& hasty = Make("hasty");
  hasty.call.deadline = Deadline::After(milliseconds(1000));
  Call& patient = Make("patient");
  RunAll();
  EXPECT_EQ(hasty.result->status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(hasty.response.message(), IsEmpty());
  EXPECT_TRUE(patient.result->status.ok()) << patient.result->status;
  EXPECT_THAT(fake_->Paths(), ElementsAre(kBatch));
  EXPECT_EQ(fake_->calls[0].deadline.time(), patient.call.deadline.time());
}

TEST(BatchFormTest, ABatchMethodOfAnotherFormIsRefused) {
  const auto refused = [](const std::string& other, const std::string& why) {
    const auto* const service = testing::ParseService(
        R"(method { name: "A" options { [trellis.http.v1.http_options] { batch_method: ")" + other +
        R"(" } } } method { name: "B" } method { name: "C" server_streaming: true })");
    const auto made = MakeBatchingUpstream(std::make_unique<FakeUpstream>(), *service);
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(made.status().message(), HasSubstr(why));
  };
  refused("Z", "is no method of the service");
  refused("C", "must be unary");
  refused("B", "must take repeated Lookup requests = 1");
}

}  // namespace
}  // namespace trellis::gateway
