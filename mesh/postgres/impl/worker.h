#ifndef MESH_POSTGRES_IMPL_WORKER_H_
#define MESH_POSTGRES_IMPL_WORKER_H_

#include <memory>
#include <thread>

#include "mesh/postgres/impl/connection.h"
#include "mesh/postgres/impl/dispatcher.h"
#include "mesh/postgres/impl/errors.h"

namespace trellis::postgres::impl {

// A thread with a connection of its own, which it makes again when it is lost.
class Worker {
 public:
  Worker(const Target& target, Dispatcher* dispatcher);
  ~Worker();  // joins the thread; close the dispatcher first
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start();

 private:
  static constexpr int64_t kNotKnown = -1;  // the role and the URL may set one

  void Loop();
  bool Connect();
  // Does jobs until the connection is lost or all is closed; the reason.
  std::string Serve();
  absl::Status Execute(const Job& job);
  Failure TryOnce(const Job& job);
  Failure TryStatement(const Job& job);
  // For statements outside of a transaction; a round trip only where it is to be another one.
  void MindDeadline(base::Deadline deadline);
  // The deadline, the commit and the connection make something else of what was thrown.
  Failure Interpret(const Job& job, Failure failure, bool may_have_happened) const;

  const Target target_;
  Dispatcher* const dispatcher_;
  Seat seat_;
  std::unique_ptr<Connection> connection_;
  int64_t statement_timeout_ = kNotKnown;  // of its session, in ms; 0: none
  std::string left_because_;               // why the connection is given up, also if it is in order
  std::thread thread_;
};

}  // namespace trellis::postgres::impl

#endif  // MESH_POSTGRES_IMPL_WORKER_H_
