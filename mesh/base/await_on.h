#ifndef MESH_BASE_AWAIT_ON_H_
#define MESH_BASE_AWAIT_ON_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <future>
#include <utility>

namespace trellis::base {

// Runs the coroutine on the executor's reactor and blocks until it has answered; from a thread that
// is not the reactor's. One that throws has answered false.
inline bool AwaitOn(const boost::asio::any_io_executor& executor,
                    boost::asio::awaitable<bool> coroutine) {
  std::promise<bool> answer;
  boost::asio::co_spawn(
      executor, std::move(coroutine),
      [&answer](const std::exception_ptr& /*thrown*/, bool value) { answer.set_value(value); });
  return answer.get_future().get();
}

}  // namespace trellis::base

#endif  // MESH_BASE_AWAIT_ON_H_
