#ifndef MESH_REDIS_CLIENT_H_
#define MESH_REDIS_CLIENT_H_

#include <boost/asio/awaitable.hpp>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"
#include "mesh/redis/command.h"
#include "mesh/redis/reply.h"

namespace trellis::redis {

// Sends commands to one Redis. Belongs to one reactor: call it only from that reactor's thread.
// Suspends, never blocks.
//
// Execute answers once, in one of these ways:
//   OK                 Redis' answer, which may be nil, never an error
//   UNAVAILABLE        no connection, or it broke while the command was under way: a write may or
//                      may not have happened
//   DEADLINE_EXCEEDED  nothing came in time: likewise; with a deadline that had passed before the
//                      call, nothing was sent
//   others             StatusFromError() of what Redis answered: nothing was written
class Client {
 public:
  virtual ~Client() = default;
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<Reply>> Execute(
      Command command, base::Deadline deadline) = 0;
};

}  // namespace trellis::redis

#endif  // MESH_REDIS_CLIENT_H_
