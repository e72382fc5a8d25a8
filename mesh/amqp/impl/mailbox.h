#ifndef MESH_AMQP_IMPL_MAILBOX_H_
#define MESH_AMQP_IMPL_MAILBOX_H_

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "mesh/amqp/client.h"
#include "mesh/amqp/impl/answers.h"
#include "mesh/base/clock.h"

namespace trellis::amqp {

// Where deliveries and the coroutines that want them meet, both in their order. At most one of the
// two waits at any time. Thread-safe; nothing blocks.
class Mailbox {
 public:
  using Result = absl::StatusOr<Delivery>;

  // A delivery that is here already, or why there will be none.
  [[nodiscard]] std::optional<Result> TryTake();
  // Waits in line. True unless there was something after all, which is then added to `answers`.
  [[nodiscard]] bool Wait(Caller<Result> caller, base::Deadline deadline, Answers<Result>* answers);

  // Gives the deliveries out and empties the vector.
  void Put(std::vector<Delivery>* deliveries, Answers<Result>* answers);
  // Their connection is lost: they will come again.
  void Drop();
  // From now on Next is CANCELLED once the mailbox is empty.
  void Close(Answers<Result>* answers);
  // Answers who has waited for too long. The earliest deadline of those who still wait.
  [[nodiscard]] base::SteadyTime Expire(base::SteadyTime now, Answers<Result>* answers);

 private:
  struct Waiter {
    Caller<Result> caller;
    base::Deadline deadline;
  };
  std::optional<Result> TakeLocked();

  std::mutex mutex_;
  std::deque<Delivery> ready_;
  std::deque<Waiter> waiters_;
  base::SteadyTime earliest_ = base::SteadyTime::max();  // or earlier
  bool closed_ = false;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_MAILBOX_H_
