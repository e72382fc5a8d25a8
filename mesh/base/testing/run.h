#ifndef MESH_BASE_TESTING_RUN_H_
#define MESH_BASE_TESTING_RUN_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

namespace trellis::base::testing {

// Runs a coroutine to its end on `context` and gives its result; what else is queued runs along.
template <typename T>
T RunCoroutine(boost::asio::io_context& context, boost::asio::awaitable<T> coroutine,
               std::chrono::seconds patience = std::chrono::seconds(30)) {
  std::optional<T> result;
  std::exception_ptr thrown;
  boost::asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr exception, T value) {
    thrown = exception;
    result = std::move(value);
  });
  context.restart();
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!result && std::chrono::steady_clock::now() < give_up) {
    context.run_one_for(std::chrono::milliseconds(100));
    if (context.stopped()) context.restart();
  }
  if (thrown) std::rethrow_exception(thrown);
  if (!result) throw std::runtime_error("the coroutine did not end in time");
  return std::move(*result);
}

}  // namespace trellis::base::testing

#endif  // MESH_BASE_TESTING_RUN_H_
