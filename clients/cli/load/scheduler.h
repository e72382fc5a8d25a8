#ifndef CLIENTS_CLI_LOAD_SCHEDULER_H_
#define CLIENTS_CLI_LOAD_SCHEDULER_H_

#include "clients/cli/load/plan.h"

namespace trellis::cli::load {

// Decides when which call is sent; the time comes from outside, so a run can be played through
// without waiting. In an open loop the i-th call is due at start + i / rate, and stays due: where
// calls cannot be sent, because too many are in flight or because the program was late, they are
// sent as soon as they can, each with the time that it was due at. Measuring from there is what
// avoids coordinated omission (Gil Tene, "How NOT to Measure Latency"). Not thread-safe.
class Scheduler {
 public:
  Scheduler(const Plan& plan, base::SteadyTime start) : plan_(plan), start_(start) {}

  enum class Action {
    kSend,       // call `index`, intended for `time`
    kWaitUntil,  // `time`, when the next call is due
    kWaitForAnswer,
    kDone,  // nothing more to send
  };
  struct Step {
    Action action = Action::kDone;
    int64_t index = 0;
    base::SteadyTime time = {};
  };
  // What to do at `now` with so many calls in flight. A kSend counts as done.
  [[nodiscard]] Step Next(base::SteadyTime now, int64_t in_flight);

  // No call is sent from now on.
  void Stop() { stopped_ = true; }

  // Calls are given up when they still could not be sent this long after the last one was due.
  [[nodiscard]] base::SteadyTime GivesUpAt() const;

  [[nodiscard]] int64_t sent() const { return next_; }
  // How many of an open loop were due by then, the sent ones included.
  [[nodiscard]] int64_t DueBy(base::SteadyTime now) const;
  // When the i-th was due, or is.
  [[nodiscard]] base::SteadyTime DueAt(int64_t index) const;

 private:
  const Plan plan_;
  const base::SteadyTime start_;
  int64_t next_ = 0;
  bool stopped_ = false;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_SCHEDULER_H_
