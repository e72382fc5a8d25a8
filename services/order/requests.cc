#include "services/order/requests.h"

namespace trellis::order {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;
constexpr size_t kMaxKey = 255;

v1::OrderStatus StatusToMessage(Status status) {
  switch (status) {
    case Status::kReceived:
      return v1::RECEIVED;
    case Status::kReserved:
      return v1::RESERVED;
    case Status::kRejected:
      return v1::REJECTED;
    case Status::kNotified:
      return v1::NOTIFIED;
    case Status::kCancelled:
      return v1::CANCELLED;
  }
  return v1::ORDER_STATUS_UNSPECIFIED;
}

}  // namespace

void SetTime(base::WallTime time, google::protobuf::Timestamp* message) {
  const int64_t millis = base::UnixMillis(time);
  message->set_seconds(millis / 1000);
  message->set_nanos(static_cast<int32_t>(millis % 1000) * 1'000'000);
}

absl::Status CheckId(std::string_view field, std::string_view id) {
  if (IsId(id)) return absl::OkStatus();
  return base::InvalidField(field, "must be 1-64 of A-Z a-z 0-9 . _ -");
}

absl::Status CheckQuantity(int64_t quantity) {
  if (quantity >= 0 && quantity <= kMaxQuantity) return absl::OkStatus();
  return base::InvalidField("quantity", "must be 0 to 1,000,000,000,000");
}

absl::StatusOr<NewOrder> NewOrderFrom(const v1::PlaceOrderRequest& request,
                                      const rpc::CallContext& context) {
  if (absl::Status status = CheckId("id", request.id()); !status.ok()) return status;
  if (absl::Status status = CheckId("sku", request.sku()); !status.ok()) return status;
  if (request.qty() < 1 || request.qty() > kMaxQty) {
    return base::InvalidField("qty", "must be 1 to 1,000,000");
  }
  if (context.idempotency_key.size() > kMaxKey) {
    return base::InvalidField("idempotency-key", "must be no longer than 255 characters");
  }
  return NewOrder{request.id(),       request.sku(),         request.qty(), context.idempotency_key,
                  context.request_id, context.trace.Format()};
}

absl::StatusOr<ListArguments> ListArgumentsFrom(const v1::ListOrdersRequest& request) {
  ListArguments arguments;
  if (request.status() != v1::ORDER_STATUS_UNSPECIFIED) {
    for (const Status status : kAllStatuses) {
      if (StatusToMessage(status) == request.status()) arguments.status = status;
    }
    if (!arguments.status) return base::InvalidField("status", "is none of an order");
  }
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    return base::InvalidField("page_size", "must be 1 to 1,000");
  }
  arguments.page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  return arguments;
}

absl::Status StatusOf(const PlaceResult& result) {
  using Outcome = PlaceResult::Outcome;
  switch (result.outcome) {
    case Outcome::kAccepted:
    case Outcome::kReplayed:
      return absl::OkStatus();
    case Outcome::kDuplicate:
      return base::MakeStatus(absl::StatusCode::kAlreadyExists, "Duplicate order");
    case Outcome::kKeyMismatch:
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                              "the Idempotency-Key was used for another request");
    case Outcome::kKeyInUse:
      return base::MakeStatus(absl::StatusCode::kAborted,
                              "a request with this Idempotency-Key is under way");
  }
  return base::MakeStatus(absl::StatusCode::kInternal, "unknown outcome");
}

void ToMessage(const Order& order, v1::Order* message) {
  message->set_id(order.id);
  message->set_sku(order.sku);
  message->set_qty(order.qty);
  message->set_status(StatusToMessage(order.status));
  message->set_reason(order.reason);
  SetTime(order.received_at, message->mutable_received_at());
  if (order.reserved_at) SetTime(*order.reserved_at, message->mutable_reserved_at());
  if (order.rejected_at) SetTime(*order.rejected_at, message->mutable_rejected_at());
  if (order.notified_at) SetTime(*order.notified_at, message->mutable_notified_at());
  if (order.cancelled_at) SetTime(*order.cancelled_at, message->mutable_cancelled_at());
}

}  // namespace trellis::order
