#include "gateway/testing/violation.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

namespace trellis::gateway::testing {

std::string ShowViolation(const absl::Status& status) {
  google::rpc::BadRequest detail;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  if (status.code() != absl::StatusCode::kInvalidArgument || !payload.has_value() ||
      !detail.ParseFromString(std::string(*payload)) || detail.field_violations_size() != 1) {
    return "(" + status.ToString() + ")";
  }
  return detail.field_violations(0).field() + "| " + detail.field_violations(0).description();
}

}  // namespace trellis::gateway::testing
