#include "services/order/order.h"

namespace trellis::order {

const char* StatusName(Status status) {
  switch (status) {
    case Status::kReceived:
      return "received";
    case Status::kReserved:
      return "reserved";
    case Status::kRejected:
      return "rejected";
    case Status::kNotified:
      return "notified";
    case Status::kCancelled:
      return "cancelled";
  }
  return "received";
}

Status StatusFromName(std::string_view name) {
  for (const Status status : kAllStatuses) {
    if (name == StatusName(status)) return status;
  }
  return Status::kReceived;
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == text.npos;
}

}  // namespace trellis::order
