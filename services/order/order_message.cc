#include "services/order/order_message.h"

#include <simdjson.h>

#include "mesh/base/json_string.h"

namespace trellis::order {
namespace {

using simdjson::dom::element;

absl::Status Invalid(const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

// Without the closing brace. By hand, since protobuf's JSON costs more than all else that is done
// for a message (a test holds both against each other).
std::string Start(const OrderMessage& order) {
  std::string json = "{\"id\":";
  base::AppendJsonString(order.id, &json);
  json += ",\"sku\":";
  base::AppendJsonString(order.sku, &json);
  return json + ",\"qty\":" + std::to_string(order.qty);
}

// Fields that it does not know are of a newer producer and are ignored.
absl::StatusOr<OrderEvent> Parse(const std::string& json) {
  thread_local simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(json).get(root)) {
    return Invalid(std::string("not JSON of an order: ") + simdjson::error_message(error));
  }
  std::string_view id, sku, reason;
  int64_t qty = 0;
  if (!root.is_object() || root["id"].get(id) || root["sku"].get(sku) || root["qty"].get(qty) ||
      !IsId(id) || !IsId(sku) || qty < 1 || qty > kMaxQty) {
    return Invalid("not an order: " + json);
  }
  const auto given = root["reason"];
  if (!given.error() && given.get(reason)) return Invalid("not an order event: " + json);
  return OrderEvent{{std::string(id), std::string(sku), static_cast<int32_t>(qty)},
                    std::string(reason)};
}

}  // namespace

std::string EncodeOrderMessage(const OrderMessage& order) { return Start(order) + "}"; }

absl::StatusOr<OrderMessage> DecodeOrderMessage(const std::string& json) {
  absl::StatusOr<OrderEvent> event = Parse(json);
  if (!event.ok()) return event.status();
  return std::move(event->order);
}

std::string EncodeOrderEvent(const OrderEvent& event) {
  std::string json = Start(event.order);
  if (!event.reason.empty()) {
    json += ",\"reason\":";
    base::AppendJsonString(event.reason, &json);
  }
  return json + "}";
}

absl::StatusOr<OrderEvent> DecodeOrderEvent(const std::string& json) { return Parse(json); }

}  // namespace trellis::order
