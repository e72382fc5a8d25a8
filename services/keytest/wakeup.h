#ifndef SERVICES_KEYTEST_WAKEUP_H_
#define SERVICES_KEYTEST_WAKEUP_H_

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/clock.h"

namespace trellis::keytest {

// A pause of one loop that others can end. Wakes of any number before and during a pause are one.
// Belongs to the executor's reactor.
class Wakeup {
 public:
  explicit Wakeup(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  // Returns after so long, at the next Wake, or at once if there was one since the last Wait.
  [[nodiscard]] boost::asio::awaitable<void> Wait(base::milliseconds longest) {
    if (!woken_) {
      timer_.expires_after(longest);
      boost::system::error_code ignored;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    woken_ = false;
  }
  void Wake() {
    woken_ = true;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  bool woken_ = false;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_WAKEUP_H_
