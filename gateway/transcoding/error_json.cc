#include "gateway/transcoding/error_json.h"

#include "gateway/transcoding/json_writer.h"
#include "mesh/base/json_string.h"
#include "mesh/base/status.h"
#include "mesh/rpc/status_message.h"

namespace trellis::gateway {

int HttpStatusFromCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string ErrorJson(absl::StatusCode code, std::string_view message,
                      const google::rpc::Status* details) {
  std::string json = "{\"code\":" + std::to_string(static_cast<int>(code)) + ",\"message\":";
  base::AppendJsonString(message, &json);
  json += ",\"details\":[";
  if (details != nullptr) {
    for (int i = 0; i < details->details_size(); ++i) {
      if (i > 0) json.push_back(',');
      AppendJson(details->details(i), &json);
    }
  }
  return json += "]}";
}

std::string ErrorJson(const absl::Status& status) {
  const google::rpc::Status details = rpc::ToMessage(status);
  return ErrorJson(status.code(), base::MessageOf(status), &details);
}

}  // namespace trellis::gateway
