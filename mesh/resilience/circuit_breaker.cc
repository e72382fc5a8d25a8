#include "mesh/resilience/circuit_breaker.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/ids.h"
#include "mesh/base/status.h"
#include "mesh/resilience/impl/outcome_window.h"

namespace trellis::resilience {

using base::Deadline;
using base::milliseconds;
using base::SteadyTime;
using State = CircuitState;

namespace {

CircuitBreakerOptions Checked(CircuitBreakerOptions options) {
  options.minimum_calls = std::max(1, options.minimum_calls);
  options.probes = std::max(1, options.probes);
  options.successes_to_close = std::max(1, options.successes_to_close);
  options.open_jitter = std::max(0.0, options.open_jitter);
  if (!options.random) options.random = base::RandomBits;
  return options;
}

std::string Millis(SteadyTime until, SteadyTime now) {
  return std::to_string(std::chrono::ceil<milliseconds>(until - now).count()) + " ms";
}

}  // namespace

std::string_view NameOf(CircuitState state) {
  switch (state) {
    case State::kClosed:
      return "closed";
    case State::kOpen:
      return "open";
    case State::kHalfOpen:
      return "half-open";
    case State::kIsolated:
      return "isolated";
  }
  return "unknown";
}

// What permits share with the breaker, so that they may outlive it. Every method but Permits' takes
// the lock and first lets time pass.
class CircuitBreaker::Core {
 public:
  Core(CircuitBreakerOptions options, const base::Clock& clock, CircuitObserver* observer)
      : options_(Checked(std::move(options))),
        clock_(&clock),
        observer_(observer),
        window_(options_.window, options_.buckets),
        since_(clock.Now()) {}

  // The clock and the observer are not touched any more.
  void Close() {
    const std::lock_guard lock(mutex_);
    clock_ = nullptr;
    observer_ = nullptr;
  }

  // The generation and the probe of a permit. Never after Close().
  absl::StatusOr<std::pair<uint64_t, uint64_t>> Acquire() {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_->Now();
    Pass(now);
    if (state_ == State::kClosed) return std::pair{generation_, uint64_t{0}};
    if (state_ == State::kHalfOpen && probes_.size() < static_cast<size_t>(options_.probes)) {
      probes_.push_back({++last_probe_, Deadline::After(options_.probe_lease, now).time()});
      return std::pair{generation_, last_probe_};
    }
    ++counted_.rejected;
    if (observer_ != nullptr) observer_->OnRejected();
    return base::MakeStatus(absl::StatusCode::kUnavailable, Refusal(now));
  }

  void Report(uint64_t generation, uint64_t probe, bool failed, Duration latency) {
    const std::lock_guard lock(mutex_);
    if (clock_ == nullptr) return;
    const SteadyTime now = clock_->Now();
    Pass(now);
    const bool lost = probe != 0 && !EndProbe(probe);
    if (lost || generation != generation_) {
      ++counted_.late;
      if (observer_ != nullptr) observer_->OnLate();
      return;
    }
    const bool slow = latency >= options_.slow_call;
    if (probe == 0) {
      window_.Add(now, failed, slow);
      if (MustOpen(now)) Open(now);
    } else if (failed || (slow && options_.slow_rate <= 1)) {
      Open(now);
    } else if (++successes_ >= options_.successes_to_close) {
      Enter(State::kClosed, now);
    }
  }

  void Forget(uint64_t probe) {
    if (probe == 0) return;
    const std::lock_guard lock(mutex_);
    if (clock_ == nullptr) return;
    Pass(clock_->Now());
    (void)EndProbe(probe);
  }

  void Isolate() {
    const std::lock_guard lock(mutex_);
    Pass(clock_->Now());
    if (state_ != State::kIsolated) Enter(State::kIsolated, clock_->Now());
  }

  void Reset() {
    const std::lock_guard lock(mutex_);
    Pass(clock_->Now());
    if (state_ != State::kClosed) return Enter(State::kClosed, clock_->Now());
    window_.Clear();
    ++generation_;
  }

  CircuitSnapshot Look() {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_->Now();
    Pass(now);
    CircuitSnapshot all = counted_;
    all.state = state_;
    all.since =
        clock_->WallNow() - std::chrono::duration_cast<base::WallTime::duration>(now - since_);
    if (state_ == State::kOpen) all.retry_in = std::chrono::ceil<milliseconds>(half_open_at_ - now);
    const impl::OutcomeWindow::Counts& counts = window_.Totals(now);
    all.calls = counts.calls;
    all.failures = counts.failures;
    all.slow = counts.slow;
    all.probes_in_flight = static_cast<int>(probes_.size());
    all.successes = successes_;
    return all;
  }

 private:
  struct Probe {
    uint64_t id;  // above earlier_probes_: of this generation
    SteadyTime lease_end;
  };

  // Does what has become due, as of the instant when it was due.
  void Pass(SteadyTime now) {
    std::optional<SteadyTime> failed_at;
    std::erase_if(probes_, [&](const Probe& probe) {
      if (probe.lease_end > now) return false;
      ++counted_.lost;
      if (observer_ != nullptr) observer_->OnLost();
      if (probe.id > earlier_probes_) {
        failed_at = std::min(failed_at.value_or(probe.lease_end), probe.lease_end);
      }
      return true;
    });
    if (state_ == State::kHalfOpen && failed_at) Open(*failed_at);
    if (state_ == State::kOpen && now >= half_open_at_) Enter(State::kHalfOpen, half_open_at_);
  }

  // False: its lease has ended before.
  bool EndProbe(uint64_t id) {
    return std::erase_if(probes_, [id](const Probe& probe) { return probe.id == id; }) > 0;
  }

  bool MustOpen(SteadyTime now) {
    const impl::OutcomeWindow::Counts& counts = window_.Totals(now);
    const auto calls = static_cast<double>(counts.calls);
    return counts.calls >= static_cast<uint64_t>(options_.minimum_calls) &&
           (static_cast<double>(counts.failures) >= options_.failure_rate * calls ||
            static_cast<double>(counts.slow) >= options_.slow_rate * calls);
  }

  void Open(SteadyTime at) {
    const double share = std::ldexp(static_cast<double>(options_.random()), -64);
    const auto jitter = std::chrono::duration<double, std::milli>(options_.open_time) *
                        (options_.open_jitter * share);
    half_open_at_ =
        Deadline::After(options_.open_time + std::chrono::floor<milliseconds>(jitter), at).time();
    Enter(State::kOpen, at);
  }

  void Enter(State to, SteadyTime at) {
    ++counted_.transitions[static_cast<size_t>(state_)][static_cast<size_t>(to)];
    if (observer_ != nullptr) observer_->OnTransition(state_, to);
    state_ = to;
    since_ = at;
    ++generation_;
    earlier_probes_ = last_probe_;
    successes_ = 0;
    window_.Clear();
  }

  [[nodiscard]] std::string Refusal(SteadyTime now) const {
    const std::string circuit = options_.name + " is " + std::string(NameOf(state_));
    if (state_ == State::kOpen) return circuit + ": try again in " + Millis(half_open_at_, now);
    if (state_ == State::kIsolated) return circuit + ": try again when it has been reset";
    const SteadyTime first =
        std::min_element(probes_.begin(), probes_.end(), [](const Probe& a, const Probe& b) {
          return a.lease_end < b.lease_end;
        })->lease_end;
    return circuit + " and its probes are under way: try again when one has ended" +
           (first == SteadyTime::max() ? "" : ", in " + Millis(first, now) + " at the latest");
  }

  const CircuitBreakerOptions options_;
  std::mutex mutex_;
  const base::Clock* clock_;
  CircuitObserver* observer_;
  impl::OutcomeWindow window_;
  State state_ = State::kClosed;
  SteadyTime since_;
  SteadyTime half_open_at_;
  // One more at each change of state: what was let go under an earlier one is not looked at.
  uint64_t generation_ = 1;
  std::vector<Probe> probes_;  // of any generation
  uint64_t last_probe_ = 0;
  uint64_t earlier_probes_ = 0;
  int successes_ = 0;
  CircuitSnapshot counted_;  // only what is counted since the start
};

CircuitBreaker::CircuitBreaker(CircuitBreakerOptions options, const base::Clock& clock,
                               CircuitObserver* observer)
    : core_(std::make_shared<Core>(std::move(options), clock, observer)) {}

CircuitBreaker::~CircuitBreaker() { core_->Close(); }

absl::StatusOr<CircuitBreaker::Permit> CircuitBreaker::Acquire() {
  const auto granted = core_->Acquire();
  if (!granted.ok()) return granted.status();
  return Permit(core_, granted->first, granted->second);
}

void CircuitBreaker::Isolate() { core_->Isolate(); }
void CircuitBreaker::Reset() { core_->Reset(); }
CircuitSnapshot CircuitBreaker::snapshot() { return core_->Look(); }

CircuitBreaker::Permit& CircuitBreaker::Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  Forget();
  core_ = std::move(other.core_);
  generation_ = other.generation_;
  probe_ = other.probe_;
  return *this;
}

CircuitBreaker::Permit::~Permit() { Forget(); }

void CircuitBreaker::Permit::Forget() {
  if (const auto core = std::move(core_)) core->Forget(probe_);
}

void CircuitBreaker::Permit::Succeeded(Duration latency) {
  if (const auto core = std::move(core_)) core->Report(generation_, probe_, false, latency);
}

void CircuitBreaker::Permit::Failed(Duration latency) {
  if (const auto core = std::move(core_)) core->Report(generation_, probe_, true, latency);
}

}  // namespace trellis::resilience
