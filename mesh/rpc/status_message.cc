#include "mesh/rpc/status_message.h"

#include "absl/strings/cord.h"
#include "google/rpc/status.pb.h"

namespace trellis::rpc {

google::rpc::Status ToMessage(const absl::Status& status) {
  google::rpc::Status message;
  message.set_code(static_cast<int>(status.code()));
  message.set_message(base::MessageOf(status));
  status.ForEachPayload([&message](absl::string_view type_url, const absl::Cord& payload) {
    auto* detail = message.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(payload));
  });
  return message;
}

absl::Status FromMessage(const google::rpc::Status& message) {
  absl::Status status =
      base::MakeStatus(static_cast<absl::StatusCode>(message.code()), message.message());
  for (const auto& detail : message.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

}  // namespace trellis::rpc
