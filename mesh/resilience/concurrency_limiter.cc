#include "mesh/resilience/concurrency_limiter.h"

#include <mutex>

#include "mesh/base/status.h"
#include "mesh/resilience/impl/gradient.h"

namespace trellis::resilience {

// What permits share with the limiter, so that they may outlive it. Each method takes the lock.
class ConcurrencyLimiter::Core {
 public:
  Core(const ConcurrencyLimiterOptions& options, const base::Clock& clock,
       LimiterObserver* observer)
      : name_(options.name), clock_(&clock), observer_(observer), gradient_(options) {
    if (observer_ != nullptr) observer_->OnLimit(gradient_.limit());
  }

  // The clock and the observer are not touched any more.
  void Close() {
    const std::lock_guard lock(mutex_);
    clock_ = nullptr;
    observer_ = nullptr;
  }

  // The round of a permit. Never after Close().
  absl::StatusOr<uint64_t> Acquire() {
    const std::lock_guard lock(mutex_);
    const int limit = gradient_.limit();
    if (in_flight_ >= limit) {
      ++rejected_;
      if (observer_ != nullptr) observer_->OnRejected();
      return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                              name_ + ": " + std::to_string(in_flight_) +
                                  " are in flight and the limit is " + std::to_string(limit) +
                                  ": try again later");
    }
    Move(+1);
    gradient_.Began(in_flight_);
    return gradient_.round();
  }

  void Finish(uint64_t round, Duration latency) {
    const std::lock_guard lock(mutex_);
    if (clock_ == nullptr) return;
    Move(-1);
    gradient_.Finished(round, latency, clock_->Now());
    TellLimit();
  }

  void Drop(uint64_t round) {
    const std::lock_guard lock(mutex_);
    if (clock_ == nullptr) return;
    Move(-1);
    ++dropped_;
    if (observer_ != nullptr) observer_->OnDropped();
    gradient_.Dropped(round);
    TellLimit();
  }

  void Forget() {
    const std::lock_guard lock(mutex_);
    if (clock_ != nullptr) Move(-1);
  }

  LimiterSnapshot Look() const {
    const std::lock_guard lock(mutex_);
    return {.limit = gradient_.limit(),
            .in_flight = in_flight_,
            .measuring = gradient_.measuring(),
            .unloaded = gradient_.unloaded(),
            .latency = gradient_.latency(),
            .rejected = rejected_,
            .dropped = dropped_};
  }

 private:
  void Move(int by) {
    in_flight_ += by;
    if (observer_ != nullptr) observer_->OnInFlight(in_flight_);
  }
  void TellLimit() {
    if (observer_ != nullptr) observer_->OnLimit(gradient_.limit());
  }

  const std::string name_;
  mutable std::mutex mutex_;
  const base::Clock* clock_;
  LimiterObserver* observer_;
  impl::Gradient gradient_;
  int in_flight_ = 0;
  uint64_t rejected_ = 0;
  uint64_t dropped_ = 0;
};

ConcurrencyLimiter::ConcurrencyLimiter(ConcurrencyLimiterOptions options, const base::Clock& clock,
                                       LimiterObserver* observer)
    : core_(std::make_shared<Core>(options, clock, observer)) {}

ConcurrencyLimiter::~ConcurrencyLimiter() { core_->Close(); }

absl::StatusOr<ConcurrencyLimiter::Permit> ConcurrencyLimiter::Acquire() {
  const absl::StatusOr<uint64_t> round = core_->Acquire();
  if (!round.ok()) return round.status();
  return Permit(core_, *round);
}

int ConcurrencyLimiter::limit() const { return core_->Look().limit; }
int ConcurrencyLimiter::in_flight() const { return core_->Look().in_flight; }
LimiterSnapshot ConcurrencyLimiter::snapshot() const { return core_->Look(); }

ConcurrencyLimiter::Permit& ConcurrencyLimiter::Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  Forget();
  core_ = std::move(other.core_);
  round_ = other.round_;
  return *this;
}

ConcurrencyLimiter::Permit::~Permit() { Forget(); }

void ConcurrencyLimiter::Permit::Forget() {
  if (const auto core = std::move(core_)) core->Forget();
}

void ConcurrencyLimiter::Permit::Finish(Duration latency) {
  if (const auto core = std::move(core_)) core->Finish(round_, latency);
}

void ConcurrencyLimiter::Permit::Dropped() {
  if (const auto core = std::move(core_)) core->Drop(round_);
}

}  // namespace trellis::resilience
