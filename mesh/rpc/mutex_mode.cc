#include "mesh/rpc/mutex_mode.h"

#include "absl/synchronization/mutex.h"

namespace trellis::rpc {

void TurnOffDeadlockDetection() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace trellis::rpc
