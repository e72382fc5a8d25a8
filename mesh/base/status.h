#ifndef MESH_BASE_STATUS_H_
#define MESH_BASE_STATUS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// absl::Status is the error type everywhere. Debian's absl::string_view is a type of its own, so
// text goes in and out through these helpers.
namespace trellis::base {

[[nodiscard]] inline absl::Status MakeStatus(absl::StatusCode code, std::string_view message) {
  return absl::Status(code, absl::string_view(message.data(), message.size()));
}

// INVALID_ARGUMENT that names the bad field, also as a google.rpc.BadRequest detail. `field` is the
// path as the caller wrote it ("jobs[3].message").
[[nodiscard]] absl::Status InvalidField(std::string_view field, std::string_view description);

[[nodiscard]] inline std::string MessageOf(const absl::Status& status) {
  return std::string(status.message());
}

}  // namespace trellis::base

#endif  // MESH_BASE_STATUS_H_
