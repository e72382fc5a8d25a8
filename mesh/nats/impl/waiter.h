#ifndef MESH_NATS_IMPL_WAITER_H_
#define MESH_NATS_IMPL_WAITER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "mesh/base/deadline.h"

namespace trellis::nats {

// One coroutine's wait for something that another thread does, until a deadline. In its frame and
// on its executor; others wake it through a Waker.
class Waiter {
 public:
  explicit Waiter(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  // Returns at Set, the deadline, or when the coroutine is cancelled.
  [[nodiscard]] boost::asio::awaitable<void> Wait(base::Deadline deadline) {
    if (set_) co_return;
    timer_.expires_at(deadline.time());
    boost::system::error_code ignored;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  void Set() {
    set_ = true;
    timer_.cancel();
  }
  [[nodiscard]] bool set() const { return set_; }

 private:
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

// Wakes a Waiter from any thread; does nothing when it is gone.
class Waker {
 public:
  Waker(boost::asio::any_io_executor executor, const std::shared_ptr<Waiter>& waiter)
      : executor_(std::move(executor)), waiter_(waiter) {}
  void Wake() const {
    boost::asio::post(executor_, [waiter = waiter_] {
      if (const auto waiting = waiter.lock()) waiting->Set();
    });
  }

  [[nodiscard]] bool WakesTheSame(const Waker& other) const {
    return !waiter_.owner_before(other.waiter_) && !other.waiter_.owner_before(waiter_);
  }

 private:
  boost::asio::any_io_executor executor_;
  std::weak_ptr<Waiter> waiter_;
};

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_WAITER_H_
