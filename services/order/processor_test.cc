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
  void ExpectToGoOnAfter(const std::string& method, int32_t qty = 2) {
    calls_.Fail(method, absl::UnavailableError("away"));
    EXPECT_EQ(Process("o1", qty), absl::UnavailableError("away"));
    calls_.made.clear();
    EXPECT_EQ(Process("o1", qty), absl::OkStatus());
  }

  boost::asio::io_context context_{1};
  testing::Calls calls_;
  testing::FakeStock stock_{calls_};
  testing::FakeOrderStore store_{calls_};
  amqp::testing::FakeBroker broker_;
  telemetry::Metrics metrics_;
  Processor processor_{stock_, store_, broker_, metrics_};
};

TEST_F(ProcessorTest, ReservedOrderIsAnnouncedAfterTheStoreWasTold) {
  EXPECT_EQ(Process("o1"), absl::OkStatus());
  EXPECT_THAT(calls_.made, ElementsAre("Reserve o1", "SetReserved o1", "Publish order.created"));
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
  EXPECT_EQ(Process("o1", 11), absl::OkStatus());
  EXPECT_THAT(calls_.made, ElementsAre("Reserve o1", "SetRejected o1", "Publish order.rejected"));
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
  EXPECT_THAT(calls_.made, ElementsAre("Reserve o1"));
  EXPECT_EQ(stock_.quantities["case"], 10);
}

TEST_F(ProcessorTest, StockOfAnUnknownOrderGoesBack) {
  EXPECT_EQ(Process("nobodys").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(calls_.made, ElementsAre("Reserve nobodys", "SetReserved nobodys", "Cancel nobodys"));
  EXPECT_EQ(stock_.quantities["case"], 10);
}

TEST_F(ProcessorTest, StockOfAnUnknownOrderGoesBackLaterWhenItCannotNow) {
  calls_.Fail("Cancel", absl::UnavailableError("away"));
  EXPECT_EQ(Process("nobodys"), absl::UnavailableError("away"));
  EXPECT_EQ(Process("nobodys").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(stock_.quantities["case"], 10);
}

TEST_F(ProcessorTest, RejectedUnknownOrderIsRefusedWithoutAnEvent) {
  EXPECT_EQ(Process("nobodys", 11).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(broker_.published(), IsEmpty());
}

TEST_F(ProcessorTest, WhatIsNoOrderTouchesNothing) {
  amqp::Message message;
  message.body = "{}";
  EXPECT_EQ(Process(message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(calls_.made, IsEmpty());
}

TEST_F(ProcessorTest, GoesOnAfterTheStockFailed) {
  ExpectToGoOnAfter("Reserve");
  EXPECT_THAT(calls_.made, ElementsAre("Reserve o1", "SetReserved o1", "Publish order.created"));
}

TEST_F(ProcessorTest, GoesOnAfterTheStoreFailedToReserve) {
  ExpectToGoOnAfter("SetReserved");
  EXPECT_EQ(stock_.quantities["case"], 8) << "reserved once";
  EXPECT_THAT(broker_.published(), SizeIs(1));
}

TEST_F(ProcessorTest, GoesOnAfterTheStoreFailedToReject) {
  ExpectToGoOnAfter("SetRejected", 11);
  EXPECT_THAT(broker_.published(), SizeIs(1));
}

TEST_F(ProcessorTest, GoesOnAfterTheBrokerFailed) {
  ExpectToGoOnAfter("Publish");
  EXPECT_EQ(stock_.quantities["case"], 8) << "reserved once";
  const std::vector<amqp::Message> events = broker_.published();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].message_id, events[1].message_id);
}

TEST_F(ProcessorTest, OrderThatComesAgainGetsTheFirstDecision) {
  ASSERT_EQ(Process("o1", 11), absl::OkStatus());
  stock_.quantities["case"] = 100;
  ASSERT_EQ(Process("o1", 11), absl::OkStatus());
  EXPECT_EQ(store_.orders["o1"].status, Status::kRejected);
  EXPECT_EQ(stock_.quantities["case"], 100);
}

}  // namespace
}  // namespace trellis::order
