#ifndef CLIENTS_CLI_LOAD_RECORDER_H_
#define CLIENTS_CLI_LOAD_RECORDER_H_

#include <mutex>
#include <string>

#include "clients/cli/load/results.h"

namespace trellis::cli::load {

// Takes down what becomes of the calls of one run. Thread-safe.
class Recorder {
 public:
  Recorder(const Plan& plan, base::SteadyTime start, base::WallTime wall_start);

  // A call that was due at `intended` is sent at `now` as one of `in_flight`; `held`: it had to
  // wait for a place.
  void Sent(base::SteadyTime intended, base::SteadyTime now, int64_t in_flight, bool held);
  // It ended; `code` is a status code's name.
  void Ended(base::SteadyTime intended, base::SteadyTime now, const std::string& code,
             const std::string& message);
  // It was due and is given up unsent.
  void GivenUp(base::SteadyTime intended, base::SteadyTime now);
  void Interrupted();

  struct Progress {
    int64_t sent = 0;
    int64_t ended = 0;
    int64_t errors = 0;
    microseconds p99{0};
    double seconds = 0;  // from the start to `now`
  };
  [[nodiscard]] Progress ProgressAt(base::SteadyTime now) const;
  [[nodiscard]] Results Finish() const;

 private:
  void Count(base::SteadyTime intended, base::SteadyTime now, const std::string& code,
             const std::string& message);

  const base::SteadyTime start_;
  mutable std::mutex mutex_;
  Results results_;
  base::SteadyTime last_sent_;
  base::SteadyTime last_end_;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_RECORDER_H_
