#include "clients/cli/load/scheduler.h"

#include <algorithm>
#include <cmath>

namespace trellis::cli::load {

Scheduler::Step Scheduler::Next(base::SteadyTime now, int64_t in_flight) {
  if (stopped_ || next_ >= plan_.calls) return {};
  const base::SteadyTime due = plan_.open ? DueAt(next_) : now;
  if (due > now) return {Action::kWaitUntil, next_, due};
  if (plan_.open && now >= GivesUpAt()) return {};
  if (in_flight >= plan_.limit) return {Action::kWaitForAnswer, next_, due};
  return {Action::kSend, next_++, due};
}

base::SteadyTime Scheduler::GivesUpAt() const { return DueAt(plan_.calls) + plan_.timeout; }

base::SteadyTime Scheduler::DueAt(int64_t index) const {
  const double seconds = static_cast<double>(index) / plan_.rate;
  return start_ + std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

int64_t Scheduler::DueBy(base::SteadyTime now) const {
  if (!plan_.open || now < start_) return next_;
  const std::chrono::duration<double> passed = now - start_;
  const auto due = static_cast<int64_t>(std::floor(passed.count() * plan_.rate)) + 1;
  return std::clamp(due, next_, plan_.calls);
}

}  // namespace trellis::cli::load
