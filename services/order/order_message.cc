#include "services/order/order_message.h"

#include <google/protobuf/util/json_util.h>

#include "trellis/order/v1/messages.pb.h"

namespace trellis::order {
namespace {

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  // Cannot fail: ids are ASCII and reasons are our own.
  (void)google::protobuf::util::MessageToJsonString(message, &json);
  return json;
}

template <typename Message>
absl::StatusOr<Message> Parse(const std::string& json) {
  Message message;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // of a newer producer
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message, options);
  if (!status.ok()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "not JSON of an order: " + std::string(status.message()));
  }
  if (!IsId(message.id()) || !IsId(message.sku()) || message.qty() < 1 || message.qty() > kMaxQty) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not an order: " + json);
  }
  return message;
}

}  // namespace

std::string EncodeOrderMessage(const OrderMessage& order) {
  v1::OrderMessage message;
  message.set_id(order.id);
  message.set_sku(order.sku);
  message.set_qty(order.qty);
  return ToJson(message);
}

absl::StatusOr<OrderMessage> DecodeOrderMessage(const std::string& json) {
  const absl::StatusOr<v1::OrderMessage> message = Parse<v1::OrderMessage>(json);
  if (!message.ok()) return message.status();
  return OrderMessage{message->id(), message->sku(), message->qty()};
}

std::string EncodeOrderEvent(const OrderEvent& event) {
  v1::OrderEvent message;
  message.set_id(event.order.id);
  message.set_sku(event.order.sku);
  message.set_qty(event.order.qty);
  message.set_reason(event.reason);
  return ToJson(message);
}

absl::StatusOr<OrderEvent> DecodeOrderEvent(const std::string& json) {
  const absl::StatusOr<v1::OrderEvent> message = Parse<v1::OrderEvent>(json);
  if (!message.ok()) return message.status();
  return OrderEvent{{message->id(), message->sku(), message->qty()}, message->reason()};
}

}  // namespace trellis::order
