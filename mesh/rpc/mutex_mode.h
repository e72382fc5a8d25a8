#ifndef MESH_RPC_MUTEX_MODE_H_
#define MESH_RPC_MUTEX_MODE_H_

namespace trellis::rpc {

// Debian builds Abseil with the checks of its debug mode, among them a graph of all mutexes under
// one lock, which gRPC pays for at each of its own locks: 5 % of a gateway's time. Switches that
// off for the process. Idempotent.
void TurnOffDeadlockDetection();

}  // namespace trellis::rpc

#endif  // MESH_RPC_MUTEX_MODE_H_
