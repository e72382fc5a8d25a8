#ifndef SERVICES_KEYTEST_REQUESTS_H_
#define SERVICES_KEYTEST_REQUESTS_H_

#include "mesh/base/clock.h"
#include "mesh/base/status.h"
#include "services/keytest/run.h"
#include "trellis/keytest/v1/keytest.pb.h"

namespace trellis::keytest {

// What a request asks for, with defaults filled in; INVALID_ARGUMENT names the field and its
// bounds.
[[nodiscard]] absl::StatusOr<RunParameters> ParametersFrom(const v1::StartTestRequest& request);
[[nodiscard]] absl::StatusOr<base::milliseconds> IntervalFrom(
    const v1::WatchStatusRequest& request);

[[nodiscard]] v1::Status ToMessage(const RunStatus& status);

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_REQUESTS_H_
