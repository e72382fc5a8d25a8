#ifndef MESH_RPC_CALL_CONTEXT_H_
#define MESH_RPC_CALL_CONTEXT_H_

#include <string>

#include "mesh/base/deadline.h"
#include "mesh/telemetry/trace.h"

namespace trellis::rpc {

// What a handler knows of the call besides its request.
struct CallContext {
  // The caller's, or the server's own limit where that is earlier. Pass it to every I/O.
  base::Deadline deadline = base::Deadline::Infinite();
  // The reactor that the handler runs on: an index for what the service keeps for each reactor.
  size_t reactor = 0;
  std::string request_id;         // x-request-id, or the trace's id
  std::string idempotency_key;    // as the caller sent it; empty: none
  telemetry::TraceContext trace;  // child of the caller's
};

}  // namespace trellis::rpc

#endif  // MESH_RPC_CALL_CONTEXT_H_
