#ifndef CLIENTS_CLI_LOAD_RESULTS_H_
#define CLIENTS_CLI_LOAD_RESULTS_H_

#include <map>
#include <string>

#include "clients/cli/load/histogram.h"
#include "clients/cli/load/plan.h"
#include "clients/cli/load/timeline.h"

namespace trellis::cli::load {

// In place of a status code: calls that were due and could not be sent in time.
inline constexpr char kNotSent[] = "NOT_SENT";

// What came of a run. A value.
struct Results {
  struct Code {
    int64_t calls = 0;
    std::string message = {};  // of the first
  };

  Plan plan = {};
  base::WallTime started = {};
  bool interrupted = false;

  // Of all calls, whatever became of them: in an open loop from the time that each was due, in a
  // closed one from its sending. Those that were not sent count with the time until they were given
  // up.
  Histogram latency = Histogram();
  Histogram ok_latency = Histogram();
  Timeline timeline = {};
  std::map<std::string, Code> codes = {};  // by the name of the status code

  int64_t sent = 0;
  int64_t most_in_flight = 0;
  // Open loop: sent more than kLate after they were due; those of them that had to wait because
  // `plan.limit` calls were in flight; and the latest of all.
  static constexpr base::milliseconds kLate{10};
  int64_t late = 0;
  int64_t held = 0;
  microseconds latest{0};

  double send_seconds = 0;  // from the start to the last sending; open loop: of the plan at least
  double seconds = 0;       // and to the last end of a call

  [[nodiscard]] int64_t CallsOf(const std::string& code) const {
    const auto found = codes.find(code);
    return found == codes.end() ? 0 : found->second.calls;
  }
  [[nodiscard]] int64_t Calls() const { return latency.count(); }
  [[nodiscard]] int64_t Errors() const { return Calls() - CallsOf("OK"); }
  [[nodiscard]] double ErrorShare() const {
    return Calls() == 0 ? 0 : static_cast<double>(Errors()) / static_cast<double>(Calls());
  }
  [[nodiscard]] double SentRate() const {
    return send_seconds > 0 ? static_cast<double>(sent) / send_seconds : 0;
  }
  [[nodiscard]] double OkRate() const {
    return seconds > 0 ? static_cast<double>(CallsOf("OK")) / seconds : 0;
  }
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_RESULTS_H_
