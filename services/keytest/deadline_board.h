#ifndef SERVICES_KEYTEST_DEADLINE_BOARD_H_
#define SERVICES_KEYTEST_DEADLINE_BOARD_H_

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"
#include "services/keytest/event_stream.h"

namespace trellis::keytest {

// What a claim took.
struct Claimed {
  std::vector<Event> due;
  // Published as often as may be without having been recorded: to be given up.
  std::vector<Event> hopeless;
  // Until the next is due; negative: nothing is pending.
  base::milliseconds next{-1};
};

// The truth about which keys are pending and when each is due, for all processes. A key is pending
// from when it is written until it is recorded or buried; each of these happens to it once. All
// events of one call are of one run; those of a run that is over are forgotten and do not count.
// Errors as RunBoard's: every call may be made again.
class DeadlineBoard {
 public:
  virtual ~DeadlineBoard() = default;
  // Takes what is due, at most `max`. The claimer has some seconds to publish and confirm it: then
  // it is due again.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<Claimed>> Claim(
      int max, base::Deadline deadline) = 0;
  // The first are on the stream, and due again only if nobody records them for long; the others
  // are not, and due again at once.
  [[nodiscard]] virtual boost::asio::awaitable<absl::Status> Confirm(std::vector<Event> published,
                                                                     std::vector<Event> failed,
                                                                     base::Deadline deadline) = 0;
  // The effect has happened. For each, in their order: how late it was, or negative where it does
  // not count, since it was recorded or buried before.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<std::vector<base::milliseconds>>>
  Record(std::vector<Event> events, base::Deadline deadline) = 0;
  // They are on the dead-letter queue. How many counted.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<int64_t>> Bury(
      std::vector<Event> events, base::Deadline deadline) = 0;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_DEADLINE_BOARD_H_
