#include "services/order/processor.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/amqp/testing/fake_broker.h"
#include "mesh/base/testing/run.h"
#include "services/order/order_message.h"
#include "services/order/testing/fake_order_store.h"
#include "services/order/testing/fake_stock.h"
#include "services/order/topology.h"

namespace trellis::order {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// The orders of the fake store.
class AcceptedByStore final : public AcceptedOrders {
 public:
  explicit AcceptedByStore(OrderStore& store) : store_(store) {}
  Async<AcceptedOrder> Find(std::string id, base::Deadline deadline) override {
    const absl::StatusOr<Order> order = co_await store_.Get(std::move(id), deadline);
    if (!order.ok()) co_return order.status();
    co_return AcceptedOrder{order->sku, order->qty};
  }

 private:
  OrderStore& store_;
};

class ProcessorTest : public ::testing::Test {
 protected:
  ProcessorTest() {
    stock_.quantities["case"] = 10;
    store_.Add("o1");
    broker_.set_answer(
        [this](const amqp::Message& event) { return calls_.Enter("Publish", event.routing_key); });
  }
  absl::Status Process(const amqp::Message& message) {
    return base::testing::RunCoroutine(context_, processor_.Handle(message));
  }
  absl::Status Process(const std::string& id, int32_t qty = 2) {
    return Process(MessageOf(id, qty));
  }
  static amqp::Message MessageOf(const std::string& id, int32_t qty = 2) {
    amqp::Message message;
    message.body = EncodeOrderMessage({id, "case", qty});
    return message;
  }
  // Its first attempt fails with `status`, where `method` does; the second one succeeds.
  void ExpectToGoOnAfter(const std::string& method) {
    calls_.Fail(method, absl::UnavailableError("away"));
    EXPECT_EQ(Process("o1"), absl::UnavailableError("away"));
    calls_.made.clear();
    EXPECT_EQ(Process("o1"), absl::OkStatus());
  }

  boost::asio::io_context context_{1};
  testing::Calls calls_;
  testing::FakeStock stock_{calls_};
  testing::FakeOrderStore store_{calls_};
  amqp::testing::FakeBroker broker_;
  telemetry::Metrics metrics_;
  AcceptedByStore accepted_{store_};
  Processor processor_{accepted_, stock_, store_, broker_, metrics_};
};

TEST_F(ProcessorTest, ReservedOrderIsAnnouncedAfterTheStoreWasTold) {
  EXPECT_EQ(Process("o1"), absl::OkStatus());
  EXPECT_THAT(calls_.made,
              ElementsAre("Get o1", "Reserve o1", "SetReserved o1", "Publish order.created"));
  EXPECT_EQ(store_.orders["o1"].status, Status::kReserved);
  EXPECT_EQ(store_.orders["o1"].reserved_at, stock_.time);
  EXPECT_EQ(stock_.quantities["case"], 8);
}

TEST_F(ProcessorTest, EventCarriesTheOrder) {
  ASSERT_EQ(Process("o1"), absl::OkStatus());
  ASSERT_THAT(broker_.published(), SizeIs(1));
  const amqp::Message event = broker_.published()[0];
  EXPECT_EQ(event.exchange, kEventsExchange);
  EXPECT_EQ(event.message_id, "order.created:o1");
  const auto decoded = DecodeOrderEvent(event.body);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->order.id, "o1");
  EXPECT_EQ(decoded->order.sku, "case");
  EXPECT_EQ(decoded->order.qty, 2);
  EXPECT_EQ(decoded->reason, "");
}

TEST_F(ProcessorTest, EventHasTheTraceButNotTheAttemptsOfItsOrder) {
  amqp::Message message = MessageOf("o1");
  message.headers = {{"traceparent", "t"}, {"x-attempt", "3"}};
  ASSERT_EQ(Process(message), absl::OkStatus());
  EXPECT_THAT(broker_.published().at(0).headers, ElementsAre(Pair("traceparent", "t")));
}

TEST_F(ProcessorTest, RejectedOrderIsAnnouncedWithItsReason) {
  stock_.quantities["case"] = 1;
  EXPECT_EQ(Process("o1"), absl::OkStatus());
  EXPECT_THAT(calls_.made,
              ElementsAre("Get o1", "Reserve o1", "SetRejected o1", "Publish order.rejected"));
  EXPECT_EQ(store_.orders["o1"].reason, "out of stock");
  EXPECT_EQ(store_.orders["o1"].rejected_at, stock_.time);
  EXPECT_EQ(DecodeOrderEvent(broker_.published().at(0).body)->reason, "out of stock");
}

TEST_F(ProcessorTest, CancelledOrderHasNoEvent) {
  const auto cancelled = base::testing::RunCoroutine(
      context_, stock_.Cancel("o1", "case", base::Deadline::Infinite()));
  ASSERT_TRUE(cancelled.ok());
  calls_.made.clear();
  EXPECT_EQ(Process("o1"), absl::OkStatus());
  EXPECT_THAT(calls_.made, ElementsAre("Get o1", "Reserve o1"));
  EXPECT_EQ(stock_.quantities["case"], 10);
}

TEST_F(ProcessorTest, MessageOfAnUnknownOrderTouchesNothing) {
  EXPECT_EQ(Process("nobodys").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(calls_.made, ElementsAre("Get nobodys"));
  EXPECT_EQ(stock_.quantities["case"], 10);
}

TEST_F(ProcessorTest, OrderIsReservedAfterAMessageOfItsIdThatCameTooEarly) {
  EXPECT_EQ(Process("later").code(), absl::StatusCode::kInvalidArgument);
  store_.Add("later");
  EXPECT_EQ(Process("later"), absl::OkStatus());
  EXPECT_EQ(store_.orders["later"].status, Status::kReserved);
  EXPECT_EQ(stock_.quantities["case"], 8);
}

TEST_F(ProcessorTest, MessageWithOtherArticlesThanItsOrderTouchesNothing) {
  EXPECT_EQ(Process("o1", 3).code(), absl::StatusCode::kInvalidArgument);
  amqp::Message message;
  message.body = EncodeOrderMessage({"o1", "other", 2});
  EXPECT_EQ(Process(message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(calls_.made, ElementsAre("Get o1", "Get o1"));
}

TEST_F(ProcessorTest, GoesOnAfterTheStoreCouldNotSayWhetherTheOrderIsThere) {
  ExpectToGoOnAfter("Get");
  EXPECT_EQ(stock_.quantities["case"], 8);
}

TEST_F(ProcessorTest, WhatIsNoOrderTouchesNothing) {
  amqp::Message message;
  message.body = "{}";
  EXPECT_EQ(Process(message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(calls_.made, IsEmpty());
}

TEST_F(ProcessorTest, GoesOnAfterTheStockFailed) {
  ExpectToGoOnAfter("Reserve");
  EXPECT_THAT(calls_.made,
              ElementsAre("Get o1", "Reserve o1", "SetReserved o1", "Publish order.created"));
}

TEST_F(ProcessorTest, GoesOnAfterTheStoreFailedToReserve) {
  ExpectToGoOnAfter("SetReserved");
  EXPECT_EQ(stock_.quantities["case"], 8) << "reserved once";
  EXPECT_THAT(broker_.published(), SizeIs(1));
}

TEST_F(ProcessorTest, GoesOnAfterTheStoreFailedToReject) {
  stock_.quantities["case"] = 1;
  ExpectToGoOnAfter("SetRejected");
  EXPECT_THAT(broker_.published(), SizeIs(1));
}

TEST_F(ProcessorTest, GoesOnAfterTheBrokerFailed) {
  ExpectToGoOnAfter("Publish");
  EXPECT_EQ(stock_.quantities["case"], 8) << "reserved once";
  const std::vector<amqp::Message> events = broker_.published();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].message_id, events[1].message_id);
}

// Each other failure of the handler costs the order one of its attempts.
TEST_F(ProcessorTest, WaitsWhileThereIsNoQueueForTheEvent) {
  calls_.Fail("Publish", absl::NotFoundError("no queue is bound"));
  const absl::Status status = Process("o1");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(base::MessageOf(status), ::testing::HasSubstr("no queue is bound"));
  EXPECT_EQ(Process("o1"), absl::OkStatus());
  EXPECT_EQ(stock_.quantities["case"], 8) << "reserved once";
}

TEST_F(ProcessorTest, OrderThatComesAgainGetsTheFirstDecision) {
  stock_.quantities["case"] = 1;
  ASSERT_EQ(Process("o1"), absl::OkStatus());
  stock_.quantities["case"] = 100;
  ASSERT_EQ(Process("o1"), absl::OkStatus());
  EXPECT_EQ(store_.orders["o1"].status, Status::kRejected);
  EXPECT_EQ(stock_.quantities["case"], 100);
}

}  // namespace
}  // namespace trellis::order
