#ifndef MESH_REDIS_TESTING_RUN_COMMAND_H_
#define MESH_REDIS_TESTING_RUN_COMMAND_H_

#include <string>
#include <vector>

#include "mesh/redis/reply.h"

namespace trellis::redis::testing {

// Runs one command on a connection of its own to a server of loopback, blocking, for some seconds
// at most. The reply may be an error. Throws when there is none.
[[nodiscard]] Reply RunCommand(int port, const std::vector<std::string>& arguments);

}  // namespace trellis::redis::testing

#endif  // MESH_REDIS_TESTING_RUN_COMMAND_H_
