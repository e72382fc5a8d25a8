#ifndef MESH_BASE_REACTORS_H_
#define MESH_BASE_REACTORS_H_

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace trellis::base {

// A fixed set of event loops, each with a thread of its own. What is made on one reactor (a
// connection, a coroutine) stays there, so it needs no locks. Thread-safe but for Start and Stop.
class Reactors {
 public:
  explicit Reactors(int count);
  // Stops. Coroutines that have not ended are destroyed where they wait.
  ~Reactors();
  Reactors(const Reactors&) = delete;
  Reactors& operator=(const Reactors&) = delete;

  void Start();
  // Ends the loops after the turn they are in, and joins the threads. Idempotent.
  void Stop();

  [[nodiscard]] size_t size() const { return contexts_.size(); }
  [[nodiscard]] boost::asio::io_context& operator[](size_t i) { return *contexts_[i]; }

 private:
  using Context = boost::asio::io_context;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<boost::asio::executor_work_guard<Context::executor_type>> guards_;
  std::vector<std::thread> threads_;
};

}  // namespace trellis::base

#endif  // MESH_BASE_REACTORS_H_
