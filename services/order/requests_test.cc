#include "services/order/requests.h"

#include <gmock/gmock.h>

namespace trellis::order {
namespace {

// The field that the refusal names; "" for none.
std::string Field(const absl::Status& status) {
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message = base::MessageOf(status);
  return message.substr(0, message.find(':'));
}

v1::PlaceOrderRequest Request() {
  v1::PlaceOrderRequest request;
  request.set_id("o1");
  request.set_sku("case");
  request.set_qty(2);
  return request;
}

std::string PlaceField(const v1::PlaceOrderRequest& request, const rpc::CallContext& context = {}) {
  return Field(NewOrderFrom(request, context).status());
}

TEST(OrderRequestsTest, OrderIsWhatWasAskedForWithItsTraceAndKey) {
  rpc::CallContext context;
  context.request_id = "r";
  context.idempotency_key = "k";
  context.trace = telemetry::TraceContext::New();
  const auto order = NewOrderFrom(Request(), context);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->id, "o1");
  EXPECT_EQ(order->sku, "case");
  EXPECT_EQ(order->qty, 2);
  EXPECT_EQ(order->idempotency_key, "k");
  EXPECT_EQ(order->request_id, "r");
  EXPECT_EQ(order->traceparent, context.trace.Format());
}

TEST(OrderRequestsTest, IdsAre1To64OfTheirCharacters) {
  for (const std::string& good : {std::string("a"), std::string("A-z_0.9"), std::string(64, 'x')}) {
    EXPECT_EQ(Field(CheckId("id", good)), "") << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a/b"),
        std::string("a:b"), std::string("\xC3\xA4"), std::string("a\n"), std::string("a\0", 2)}) {
    EXPECT_EQ(Field(CheckId("id", bad)), "id") << bad;
  }
}

TEST(OrderRequestsTest, BadIdIsNamed) {
  v1::PlaceOrderRequest request = Request();
  request.set_id("");
  EXPECT_EQ(PlaceField(request), "id");
}

TEST(OrderRequestsTest, BadSkuIsNamed) {
  v1::PlaceOrderRequest request = Request();
  request.set_sku("no blanks");
  EXPECT_EQ(PlaceField(request), "sku");
}

TEST(OrderRequestsTest, QuantityOfAnOrderIs1To1000000) {
  v1::PlaceOrderRequest request = Request();
  for (const int good : {1, 1'000'000}) {
    request.set_qty(good);
    EXPECT_EQ(PlaceField(request), "") << good;
  }
  for (const int bad : {0, -1, 1'000'001}) {
    request.set_qty(bad);
    EXPECT_EQ(PlaceField(request), "qty") << bad;
  }
}

TEST(OrderRequestsTest, IdempotencyKeyIsAtMost255Characters) {
  rpc::CallContext context;
  context.idempotency_key = std::string(255, 'k');
  EXPECT_EQ(PlaceField(Request(), context), "");
  context.idempotency_key += 'k';
  EXPECT_EQ(PlaceField(Request(), context), "idempotency-key");
}

TEST(OrderRequestsTest, StockIs0To1000000000000) {
  for (const int64_t good : {int64_t{0}, kMaxQuantity}) EXPECT_EQ(Field(CheckQuantity(good)), "");
  for (const int64_t bad : {int64_t{-1}, kMaxQuantity + 1}) {
    EXPECT_EQ(Field(CheckQuantity(bad)), "quantity") << bad;
  }
}

TEST(OrderRequestsTest, ListHasDefaults) {
  const auto arguments = ListArgumentsFrom({});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->page_size, 50);
  EXPECT_EQ(arguments->status, std::nullopt);
}

TEST(OrderRequestsTest, PageSizeIs1To1000) {
  v1::ListOrdersRequest request;
  request.set_page_size(1000);
  EXPECT_EQ(ListArgumentsFrom(request)->page_size, 1000);
  for (const int bad : {-1, 1001}) {
    request.set_page_size(bad);
    EXPECT_EQ(Field(ListArgumentsFrom(request).status()), "page_size") << bad;
  }
}

TEST(OrderRequestsTest, EveryStatusCanBeAskedForAndNoOther) {
  v1::ListOrdersRequest request;
  request.set_status(v1::RECEIVED);
  EXPECT_EQ(ListArgumentsFrom(request)->status, Status::kReceived);
  request.set_status(v1::CANCELLED);
  EXPECT_EQ(ListArgumentsFrom(request)->status, Status::kCancelled);
  request.set_status(static_cast<v1::OrderStatus>(99));
  EXPECT_EQ(Field(ListArgumentsFrom(request).status()), "status");
}

TEST(OrderRequestsTest, OutcomesHaveTheCodesOfTheProto) {
  using Outcome = PlaceResult::Outcome;
  const auto code = [](Outcome outcome) { return StatusOf({.outcome = outcome}).code(); };
  EXPECT_EQ(code(Outcome::kAccepted), absl::StatusCode::kOk);
  EXPECT_EQ(code(Outcome::kReplayed), absl::StatusCode::kOk);
  EXPECT_EQ(code(Outcome::kDuplicate), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(code(Outcome::kKeyMismatch), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Outcome::kKeyInUse), absl::StatusCode::kAborted);
}

TEST(OrderRequestsTest, MessageHasEveryFieldOfTheOrder) {
  Order order{.id = "o1", .sku = "case", .qty = 2, .status = Status::kRejected, .reason = "none"};
  order.received_at = base::FromUnixMillis(1'500);
  order.rejected_at = base::FromUnixMillis(2'000);
  v1::Order message;
  ToMessage(order, &message);
  EXPECT_EQ(message.ShortDebugString(),
            "id: \"o1\" sku: \"case\" qty: 2 status: REJECTED reason: \"none\" "
            "received_at { seconds: 1 nanos: 500000000 } rejected_at { seconds: 2 }");
}

TEST(OrderRequestsTest, StatusNamesGoBothWays) {
  for (const Status status : kAllStatuses) EXPECT_EQ(StatusFromName(StatusName(status)), status);
}

}  // namespace
}  // namespace trellis::order
