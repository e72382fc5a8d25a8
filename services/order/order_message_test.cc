#include "services/order/order_message.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include "trellis/order/v1/messages.pb.h"

namespace trellis::order {
namespace {

using ::testing::HasSubstr;

std::string Json(const std::string& id, const std::string& sku, const std::string& qty) {
  return R"({"id":")" + id + R"(","sku":")" + sku + R"(","qty":)" + qty + "}";
}

bool IsOrder(const std::string& json) {
  const absl::Status status = DecodeOrderMessage(json).status();
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return status.ok();
}

template <typename Message>
Message FromJson(const std::string& json) {
  Message message;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message);
  EXPECT_TRUE(status.ok()) << status << json;
  std::string back;
  (void)google::protobuf::util::MessageToJsonString(message, &back);
  EXPECT_EQ(back, json);
  return message;
}

TEST(OrderMessageTest, IsTheJsonOfItsProto) {
  EXPECT_EQ(EncodeOrderMessage({"o1", "case", 2}), R"({"id":"o1","sku":"case","qty":2})");
  const auto message = FromJson<v1::OrderMessage>(EncodeOrderMessage({"A-z0_.9", "case", kMaxQty}));
  EXPECT_EQ(message.id(), "A-z0_.9");
  EXPECT_EQ(message.sku(), "case");
  EXPECT_EQ(message.qty(), kMaxQty);
}

TEST(OrderEventTest, IsTheJsonOfItsProto) {
  EXPECT_EQ(FromJson<v1::OrderEvent>(EncodeOrderEvent({{"o1", "case", 2}, ""})).id(), "o1");
  const std::string reason = "\"only\" 1 \\ in\nstock";
  EXPECT_EQ(FromJson<v1::OrderEvent>(EncodeOrderEvent({{"o1", "case", 2}, reason})).reason(),
            reason);
}

TEST(OrderEventTest, ReasonThatIsNoTextIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      DecodeOrderEvent(R"({"id":"o1","sku":"case","qty":2,"reason":7})").status()));
}

TEST(OrderMessageTest, DecodesWhatItEncodes) {
  const auto message = DecodeOrderMessage(EncodeOrderMessage({"o1", "case", 1'000'000}));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->id, "o1");
  EXPECT_EQ(message->sku, "case");
  EXPECT_EQ(message->qty, 1'000'000);
}

TEST(OrderMessageTest, FieldsOfANewerProducerAreIgnored) {
  EXPECT_TRUE(IsOrder(R"({"id":"o1","sku":"case","qty":2,"gift":{"wrap":true},"tags":[1,2]})"));
}

TEST(OrderMessageTest, WhatIsNoJsonIsRefused) {
  for (const char* text : {"", "order", "[]", "null", "7", R"({"id":"o1")", "\xFF"}) {
    EXPECT_FALSE(IsOrder(text)) << text;
  }
  EXPECT_THAT(base::MessageOf(DecodeOrderMessage("order").status()),
              HasSubstr("not JSON of an order"));
}

TEST(OrderMessageTest, OrderThatWeWouldNotHaveAcceptedIsRefused) {
  EXPECT_TRUE(IsOrder(Json("o1", "case", "1")));
  EXPECT_FALSE(IsOrder("{}"));
  EXPECT_FALSE(IsOrder(Json("", "case", "1")));
  EXPECT_FALSE(IsOrder(Json("o 1", "case", "1")));
  EXPECT_FALSE(IsOrder(Json("o1", "", "1")));
  EXPECT_FALSE(IsOrder(Json("o1", std::string(65, 'x'), "1")));
  EXPECT_FALSE(IsOrder(Json("o1", "case", "0")));
  EXPECT_FALSE(IsOrder(Json("o1", "case", "-2")));
  EXPECT_FALSE(IsOrder(Json("o1", "case", "1.5")));
  EXPECT_FALSE(IsOrder(Json("o1", "case", "1000001")));
  EXPECT_FALSE(IsOrder(Json("o1", "case", "3000000000")));
}

TEST(OrderEventTest, DecodesWhatItEncodes) {
  const auto event = DecodeOrderEvent(EncodeOrderEvent({{"o1", "case", 2}, "only 1 in stock"}));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->order.id, "o1");
  EXPECT_EQ(event->order.sku, "case");
  EXPECT_EQ(event->order.qty, 2);
  EXPECT_EQ(event->reason, "only 1 in stock");
}

TEST(OrderEventTest, ReservedOrderHasNoReason) {
  EXPECT_EQ(DecodeOrderEvent(Json("o1", "case", "2"))->reason, "");
}

TEST(OrderEventTest, WhatIsNoOrderIsRefused) {
  EXPECT_EQ(DecodeOrderEvent(R"({"reason":"none"})").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(OrderEventTest, FieldsOfANewerProducerAreIgnored) {
  EXPECT_TRUE(DecodeOrderEvent(R"({"id":"o1","sku":"case","qty":2,"eta":"now"})").ok());
}

}  // namespace
}  // namespace trellis::order
