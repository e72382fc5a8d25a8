#include "mesh/base/periodic.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "mesh/base/sleep.h"

namespace trellis::base {
namespace {

// How long a pause takes to notice that it is to stop.
constexpr milliseconds kStopLook{50};

}  // namespace

void Periodic::Start() {
  running_ = true;
  boost::asio::co_spawn(executor_, Loop(), boost::asio::detached);
}

boost::asio::awaitable<void> Periodic::Loop() {
  while (!stopping_) {
    bool at_once = false;
    try {
      at_once = co_await step_();
    } catch (const std::exception&) {
      // Later steps are as needed as before.
    }
    if (at_once) continue;
    const Deadline end = Deadline::After(pause_);
    while (!stopping_ && !end.Expired()) {
      co_await Sleep(std::min(kStopLook, end.Remaining() + milliseconds(1)));
    }
  }
  running_ = false;
}

boost::asio::awaitable<bool> Periodic::Stop(Deadline deadline) {
  stopping_ = true;
  while (running_ && !deadline.Expired()) co_await Sleep(milliseconds(10));
  co_return !running_;
}

}  // namespace trellis::base
