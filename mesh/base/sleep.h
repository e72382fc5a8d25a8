#ifndef MESH_BASE_SLEEP_H_
#define MESH_BASE_SLEEP_H_

#include <boost/asio/awaitable.hpp>

#include "mesh/base/clock.h"

namespace trellis::base {

// Suspends the calling coroutine for so long. Cancelling the coroutine ends the sleep without an
// exception.
[[nodiscard]] boost::asio::awaitable<void> Sleep(milliseconds duration);

}  // namespace trellis::base

#endif  // MESH_BASE_SLEEP_H_
