#ifndef SERVICES_ORDER_REQUESTS_H_
#define SERVICES_ORDER_REQUESTS_H_

#include "mesh/base/status.h"
#include "mesh/rpc/call_context.h"
#include "services/order/notification_ledger.h"
#include "services/order/order_store.h"
#include "trellis/order/v1/order.pb.h"

// From the API's messages to the domain's structs, checked, and back. Every error names the field.
namespace trellis::order {

inline constexpr int64_t kMaxQuantity = 1'000'000'000'000;

[[nodiscard]] absl::StatusOr<NewOrder> NewOrderFrom(const v1::PlaceOrderRequest& request,
                                                    const rpc::CallContext& context);
[[nodiscard]] absl::Status CheckId(std::string_view field, std::string_view id);
[[nodiscard]] absl::Status CheckQuantity(int64_t quantity);

struct ListArguments {
  std::optional<Status> status = {};
  int page_size = 0;
};
[[nodiscard]] absl::StatusOr<ListArguments> ListArgumentsFrom(const v1::ListOrdersRequest& request);

// OK for an order that was accepted now or before by the same request; else the error.
[[nodiscard]] absl::Status StatusOf(const PlaceResult& result);

void ToMessage(const Order& order, v1::Order* message);
void SetTime(base::WallTime time, google::protobuf::Timestamp* message);

}  // namespace trellis::order

#endif  // SERVICES_ORDER_REQUESTS_H_
