#include "clients/cli/load/recorder.h"

#include <algorithm>

namespace trellis::cli::load {
namespace {

microseconds Between(base::SteadyTime from, base::SteadyTime to) {
  return std::chrono::duration_cast<microseconds>(to - from);
}

double Seconds(base::SteadyTime from, base::SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

Recorder::Recorder(const Plan& plan, base::SteadyTime start, base::WallTime wall_start)
    : start_(start), last_sent_(start), last_end_(start) {
  results_.plan = plan;
  results_.started = wall_start;
}

void Recorder::Sent(base::SteadyTime intended, base::SteadyTime now, int64_t in_flight, bool held) {
  const std::lock_guard lock(mutex_);
  ++results_.sent;
  results_.most_in_flight = std::max(results_.most_in_flight, in_flight);
  last_sent_ = std::max(last_sent_, now);
  const microseconds behind = Between(intended, now);
  results_.latest = std::max(results_.latest, behind);
  if (behind <= Results::kLate) return;
  ++results_.late;
  if (held) ++results_.held;
}

void Recorder::Ended(base::SteadyTime intended, base::SteadyTime now, const std::string& code,
                     const std::string& message) {
  const std::lock_guard lock(mutex_);
  last_end_ = std::max(last_end_, now);
  Count(intended, now, code, message);
}

void Recorder::GivenUp(base::SteadyTime intended, base::SteadyTime now) {
  const std::lock_guard lock(mutex_);
  Count(intended, now, kNotSent, "was due, and could not be sent in time");
}

void Recorder::Count(base::SteadyTime intended, base::SteadyTime now, const std::string& code,
                     const std::string& message) {
  const microseconds latency = Between(intended, now);
  const bool ok = code == "OK";
  results_.latency.Record(latency);
  if (ok) results_.ok_latency.Record(latency);
  results_.timeline.Record(Between(start_, intended), latency, ok);
  Results::Code& entry = results_.codes[code];
  if (entry.calls++ == 0) entry.message = message;
}

void Recorder::Interrupted() {
  const std::lock_guard lock(mutex_);
  results_.interrupted = true;
}

Recorder::Progress Recorder::ProgressAt(base::SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  return {results_.sent, results_.Calls(), results_.Errors(), results_.latency.Percentile(99),
          Seconds(start_, now)};
}

Results Recorder::Finish() const {
  const std::lock_guard lock(mutex_);
  Results results = results_;
  results.send_seconds = Seconds(start_, last_sent_);
  results.seconds = Seconds(start_, std::max(last_end_, last_sent_));
  // The last call is due one interval before the end of the time that was asked for.
  if (results.plan.open) {
    const double share = static_cast<double>(results.sent) / results.plan.rate;
    results.send_seconds = std::max(results.send_seconds, share);
    results.seconds = std::max(results.seconds, share);
  }
  return results;
}

}  // namespace trellis::cli::load
