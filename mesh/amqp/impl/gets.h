#ifndef MESH_AMQP_IMPL_GETS_H_
#define MESH_AMQP_IMPL_GETS_H_

#include <deque>
#include <string>
#include <vector>

#include "mesh/amqp/impl/handover.h"
#include "mesh/amqp/impl/session.h"

namespace trellis::amqp {

// The gets under way. A channel is worked off in order, so the broker's answers come in the order
// of the questions. Of the connection's thread.
class Gets {
 public:
  using Result = absl::StatusOr<std::optional<Got>>;

  // Takes the requests over and empties the vector.
  void Add(std::vector<GetRequest>* requests);
  // Asks what was not asked yet.
  void Send(Session* session);
  // The answer to the first question. False when nobody waits for it any more.
  [[nodiscard]] bool Answer(std::optional<Got> got);
  // The connection is lost: whatever is under way is UNAVAILABLE.
  void FailAll(const std::string& why);
  // Answers who has waited for too long. The earliest deadline of those who still wait.
  [[nodiscard]] base::SteadyTime Expire(base::SteadyTime now);

  void PostAnswers() { answers_.Post(); }

 private:
  std::deque<GetRequest> waiting_;
  std::deque<GetRequest> asked_;
  base::SteadyTime earliest_ = base::SteadyTime::max();  // deadline, or earlier
  Answers<Result> answers_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_GETS_H_
