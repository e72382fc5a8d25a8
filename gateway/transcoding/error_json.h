#ifndef GATEWAY_TRANSCODING_ERROR_JSON_H_
#define GATEWAY_TRANSCODING_ERROR_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace trellis::gateway {

// Errors as HTTP shows them: google.rpc.Status in JSON,
// {"code":3,"message":"...","details":[{"@type":"type.googleapis.com/...",...}]}. A detail of an
// unknown type, or with a broken content, is {"@type":...,"value":"<Base64>"}. Thread-safe, cannot
// fail.

// The HTTP status of a code (google/rpc/code.proto, with ABORTED 409 and CANCELLED 499).
[[nodiscard]] int HttpStatusFromCode(absl::StatusCode code);

// `details` may be null; its code and message are not looked at.
[[nodiscard]] std::string ErrorJson(absl::StatusCode code, std::string_view message,
                                    const google::rpc::Status* details);

// The payloads of the status are its details.
[[nodiscard]] std::string ErrorJson(const absl::Status& status);

}  // namespace trellis::gateway

#endif  // GATEWAY_TRANSCODING_ERROR_JSON_H_
