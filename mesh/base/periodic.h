#ifndef MESH_BASE_PERIODIC_H_
#define MESH_BASE_PERIODIC_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>

#include "mesh/base/deadline.h"

namespace trellis::base {

// Does a step again and again on one reactor, with a pause between the end of one and the start of
// the next. A step that wants to go on at once answers true; one that throws is followed by the
// next all the same. Belongs to the reactor, but for its construction and destruction, which are
// for when the reactor does not run or after Stop.
class Periodic {
 public:
  using Step = std::function<boost::asio::awaitable<bool>()>;

  Periodic(boost::asio::any_io_executor executor, milliseconds pause, Step step)
      : executor_(std::move(executor)), pause_(pause), step_(std::move(step)) {}
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  void Start();
  // Begins no further step; true when the one under way has ended before the deadline.
  [[nodiscard]] boost::asio::awaitable<bool> Stop(Deadline deadline);

 private:
  boost::asio::awaitable<void> Loop();

  const boost::asio::any_io_executor executor_;
  const milliseconds pause_;
  const Step step_;
  bool running_ = false;
  bool stopping_ = false;
};

}  // namespace trellis::base

#endif  // MESH_BASE_PERIODIC_H_
