#ifndef SERVICES_ORDER_ORDER_MESSAGE_H_
#define SERVICES_ORDER_ORDER_MESSAGE_H_

#include <string>

#include "mesh/base/status.h"
#include "services/order/order.h"

// The JSON that goes over RabbitMQ (proto/trellis/order/v1/messages.proto).
namespace trellis::order {

struct OrderMessage {
  std::string id;
  std::string sku;
  int32_t qty = 0;
};
[[nodiscard]] std::string EncodeOrderMessage(const OrderMessage& message);
// INVALID_ARGUMENT when it is no order that we could have accepted.
[[nodiscard]] absl::StatusOr<OrderMessage> DecodeOrderMessage(const std::string& json);

struct OrderEvent {
  OrderMessage order;
  std::string reason;  // of a rejection; empty: the order was reserved
};
[[nodiscard]] std::string EncodeOrderEvent(const OrderEvent& event);
[[nodiscard]] absl::StatusOr<OrderEvent> DecodeOrderEvent(const std::string& json);

}  // namespace trellis::order

#endif  // SERVICES_ORDER_ORDER_MESSAGE_H_
