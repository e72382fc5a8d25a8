#ifndef MESH_RPC_OPTIONS_H_
#define MESH_RPC_OPTIONS_H_

#include "mesh/base/options.h"
#include "mesh/rpc/runtime.h"
#include "mesh/rpc/server.h"

namespace trellis::rpc {

// The settings that every RPC server has, besides its address: MAX_IN_FLIGHT, MAX_DEADLINE,
// ACCESS_LOG, MAX_CONNECTION_AGE. Borrows the structs until the table was parsed.
void AddOptions(base::OptionTable& table, ServerOptions& server, RuntimeOptions& runtime);

}  // namespace trellis::rpc

#endif  // MESH_RPC_OPTIONS_H_
