#ifndef SERVICES_KEYTEST_RUN_BOARD_H_
#define SERVICES_KEYTEST_RUN_BOARD_H_

#include <boost/asio/awaitable.hpp>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"
#include "services/keytest/run.h"

namespace trellis::keytest {

// The one run that there is, for all processes. UNAVAILABLE and DEADLINE_EXCEEDED: where it is kept
// is away, and what was asked for may or may not have happened.
class RunBoard {
 public:
  virtual ~RunBoard() = default;
  // Resets the counters and begins. FAILED_PRECONDITION: a run is generating or draining.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<RunStatus>> Start(
      RunParameters parameters, base::Deadline deadline) = 0;
  // Writes no further keys. FAILED_PRECONDITION: no run is going on.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<RunStatus>> Stop(
      base::Deadline deadline) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<RunStatus>> Read(
      base::Deadline deadline) = 0;
};

// Where keys are written.
class KeyWriter {
 public:
  struct Wrote {
    int keys = 0;
    // When the next may be written; negative: there is nothing to be written by this process,
    // either because no run generates, or because another process does it.
    base::milliseconds next{-1};
  };
  virtual ~KeyWriter() = default;
  // Writes those keys of the present run whose moment has come, at most `max`, on from where
  // whoever wrote before stopped.
  [[nodiscard]] virtual boost::asio::awaitable<absl::StatusOr<Wrote>> Write(
      int max, base::Deadline deadline) = 0;
};

}  // namespace trellis::keytest

#endif  // SERVICES_KEYTEST_RUN_BOARD_H_
