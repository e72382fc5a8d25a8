#ifndef MESH_POSTGRES_IMPL_DISPATCHER_H_
#define MESH_POSTGRES_IMPL_DISPATCHER_H_

#include <boost/asio/any_io_executor.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mesh/base/completion.h"
#include "mesh/base/deadline.h"
#include "mesh/postgres/impl/event.h"
#include "mesh/postgres/pool.h"

namespace trellis::postgres::impl {

struct Job {
  Work work;
  base::Deadline deadline;
  Form form;
  boost::asio::any_io_executor executor;
  std::unique_ptr<base::Completion<absl::Status>> completion;
};

// On its executor.
void Answer(std::unique_ptr<Job> job, absl::Status status);

// A thread's place at the dispatcher, which guards all of it but `wake`.
struct Seat {
  Event wake;  // set when there may be a job and, for good, when all is closed
  bool busy = false;
  base::Deadline deadline = base::Deadline::Infinite();  // of its job
  int socket = -1;                                       // of its job
  bool cut = false;                                      // the socket was shut down
};

// Stands between the callers and the threads: the queue, who is idle, whether there are connections
// at all, and a thread that minds the deadlines: it answers those that wait in vain, and shuts down
// the connection of a transaction that is still under way a little after its deadline, when the
// server itself should have given it up. That frees the thread at once from a server that is
// stopped or cut off, which TCP alone may never tell. Thread-safe.
class Dispatcher {
 public:
  using OnChange = std::function<void(bool connected, const std::string& reason)>;

  explicit Dispatcher(int queue_limit);
  ~Dispatcher();  // after Close() and the end of the threads
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void set_on_change(OnChange on_change) { on_change_ = std::move(on_change); }
  void Add(Seat* seat);

  // There will be connections: from then on jobs wait for them. Before the threads start.
  void Open();
  // Answers it at once when it need not wait.
  void Submit(std::unique_ptr<Job> job);
  // Answers those who wait and tells the threads to end.
  void Close();

  // For a thread with a connection. The next job, now the seat's; or none: the seat then counts as
  // idle and its event will be set.
  std::unique_ptr<Job> Take(Seat* seat, int socket);
  // The seat is not idle any more and takes no jobs.
  void Leave(Seat* seat);
  // The job has ended.
  void End(Seat* seat);
  [[nodiscard]] bool closing() const;

  // What becomes of the threads' connections.
  void Connected();
  void Lost(const std::string& reason);
  void ConnectFailed(const std::string& reason);

 private:
  void Watch();
  // The jobs whose deadlines have passed; sets `armed_` to the next time to look.
  std::deque<std::unique_ptr<Job>> TakeLate();
  void WakeOne();
  void Quit(Seat* seat);

  const size_t queue_limit_;
  OnChange on_change_;
  std::mutex change_mutex_;  // keeps calls of on_change_ in order; taken before mutex_
  mutable std::mutex mutex_;
  std::vector<Seat*> seats_;
  std::vector<Seat*> idle_;
  std::deque<std::unique_ptr<Job>> queue_;
  int connected_ = 0;
  // Why there is no connection and none is to be waited for: an attempt has failed.
  std::optional<std::string> down_ = "not started";
  bool closing_ = false;
  bool ended_ = false;
  base::SteadyTime armed_ = base::SteadyTime::max();
  std::condition_variable watch_;
  std::thread watcher_;
};

}  // namespace trellis::postgres::impl

#endif  // MESH_POSTGRES_IMPL_DISPATCHER_H_
