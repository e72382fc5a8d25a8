#ifndef MESH_AMQP_IMPL_PUBLISHES_H_
#define MESH_AMQP_IMPL_PUBLISHES_H_

#include <atomic>
#include <deque>
#include <string>
#include <vector>

#include "mesh/amqp/impl/confirms.h"
#include "mesh/amqp/impl/handover.h"
#include "mesh/amqp/impl/session.h"

namespace trellis::amqp {

// The publishes under way: those that wait to be sent, and those that wait for their confirm. Of
// the connection's thread, but for Reserve.
class Publishes {
 public:
  explicit Publishes(int limit) : limit_(limit) {}

  // A place for one more, from any thread. It is given back by what happens to the publish.
  [[nodiscard]] bool Reserve();

  // Takes the requests over and empties the vector.
  void Add(std::vector<PublishRequest>* requests);
  // Sends as much as the socket takes.
  [[nodiscard]] absl::Status Send(Session* session);
  void Confirm(uint64_t tag, bool multiple, bool taken);
  void Returned(uint64_t tag, const std::string& why);
  // The connection is lost: whatever is under way is UNAVAILABLE.
  void FailAll(const std::string& why);
  // When the broker has refused (nacked) everything for so long: its first and a later answer, or
  // the first and all that there were. max() when it has not, or has taken a message since.
  [[nodiscard]] base::SteadyTime RefusedFor(base::milliseconds time) const;
  // Answers who has waited for too long. The earliest deadline of those who still wait.
  [[nodiscard]] base::SteadyTime Expire(base::SteadyTime now);

  void PostAnswers() { answers_.Post(); }

 private:
  struct Unconfirmed {
    Caller<absl::Status> caller;
    base::Deadline deadline;
    std::string returned;  // why, when it came back
  };
  void Answer(Caller<absl::Status>* caller, absl::StatusCode code, const std::string& why);
  void GiveBack(int places) { under_way_.fetch_sub(places, std::memory_order_relaxed); }

  const int limit_;
  std::atomic<int> under_way_{0};
  std::deque<PublishRequest> waiting_;
  Confirms<Unconfirmed> unconfirmed_;
  base::SteadyTime earliest_ = base::SteadyTime::max();  // deadline, or earlier
  // The first and the last refusal since the broker took a message.
  base::SteadyTime refused_since_ = base::SteadyTime::max();
  base::SteadyTime refused_at_ = base::SteadyTime::min();
  Answers<absl::Status> answers_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_PUBLISHES_H_
