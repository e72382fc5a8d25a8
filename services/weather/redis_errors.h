#ifndef SERVICES_WEATHER_REDIS_ERRORS_H_
#define SERVICES_WEATHER_REDIS_ERRORS_H_

#include "mesh/base/status.h"

namespace trellis::weather {

// What callers get for an error of Redis: UNAVAILABLE, whatever it is (no connection, no answer, no
// permission for this service), since it is neither the caller's nor a worker's; but
// RESOURCE_EXHAUSTED when it has no memory left.
[[nodiscard]] inline absl::Status ForCaller(const absl::Status& error) {
  if (error.ok() || error.code() == absl::StatusCode::kUnavailable ||
      error.code() == absl::StatusCode::kResourceExhausted) {
    return error;
  }
  // Not answered in time means not known, as with a lost connection.
  if (error.code() == absl::StatusCode::kDeadlineExceeded) {
    return absl::UnavailableError("Redis does not answer");
  }
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::MessageOf(error));
}

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_REDIS_ERRORS_H_
