#include "mesh/base/status.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

namespace trellis::base {

absl::Status InvalidField(std::string_view field, std::string_view description) {
  google::rpc::BadRequest detail;
  auto* violation = detail.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(description));
  absl::Status status = MakeStatus(absl::StatusCode::kInvalidArgument,
                                   std::string(field).append(": ").append(description));
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                    absl::Cord(detail.SerializeAsString()));
  return status;
}

}  // namespace trellis::base
