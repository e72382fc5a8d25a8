#include "mesh/resilience/impl/gradient.h"

#include <algorithm>
#include <cmath>

namespace trellis::resilience::impl {
namespace {

// A round of many calls is judged by so many.
constexpr size_t kMaxSamples = 512;
// A lower limit has made calls faster when they take less than this share of the time.
constexpr double kFaster = 0.9;
// The weight of a round of an unloaded server in what is known of it.
constexpr double kUnloadedWeight = 0.2;

ConcurrencyLimiterOptions Checked(ConcurrencyLimiterOptions options) {
  options.min = std::max(1, options.min);
  options.max = std::max(options.min, options.max);
  options.initial = std::clamp(options.initial, options.min, options.max);
  options.samples = std::clamp(options.samples, 1, static_cast<int>(kMaxSamples));
  return options;
}

}  // namespace

Gradient::Gradient(const ConcurrencyLimiterOptions& options)
    : options_(Checked(options)), limit_(options_.initial), measuring_limit_(options_.initial) {}

int Gradient::limit() const {
  return static_cast<int>(measuring_ ? std::min(limit_, measuring_limit_) : limit_);
}

void Gradient::Began(int in_flight) { peak_ = std::max(peak_, in_flight); }

void Gradient::Finished(uint64_t round, Duration latency, base::SteadyTime now) {
  if (round != round_) return;
  // A clock too coarse for the call must not make the quotient infinite.
  samples_.push_back(std::max(latency, Duration(1)));
  if (samples_.size() < SamplesWanted()) return;
  const bool used = peak_ >= limit() / 2.0;
  const Duration before = latency_;
  latency_ = TakeMedian();
  if (measuring_) {
    Measure(now, used, before);
  } else {
    Judge(now, used);
  }
  NextRound();
}

void Gradient::Dropped(uint64_t round) {
  // Many drop at once when a server stalls: they are one reason, not many.
  if (round != round_) return;
  Set(limit_ * options_.drop_factor);
  NextRound();
}

// As many as are in flight at a time, or else the quick ones of the round would be all that counts.
size_t Gradient::SamplesWanted() const {
  return std::min(kMaxSamples, static_cast<size_t>(std::max(options_.samples, peak_)));
}

Duration Gradient::TakeMedian() {
  const auto middle = samples_.begin() + static_cast<std::ptrdiff_t>(samples_.size() / 2);
  std::nth_element(samples_.begin(), middle, samples_.end());
  return *middle;
}

void Gradient::NextRound() {
  ++round_;
  samples_.clear();
  peak_ = 0;
}

void Gradient::Judge(base::SteadyTime now, bool used) {
  const auto change = std::chrono::duration<double, Duration::period>(latency_ - unloaded_);
  const Duration nearer = unloaded_ + std::chrono::round<Duration>(change * kUnloadedWeight);
  if (!used) return Know(nearer, now);
  // What is that quick under load is not slower without.
  unloaded_ = std::min(unloaded_, nearer);
  const double quotient =
      static_cast<double>(unloaded_.count()) / static_cast<double>(latency_.count());
  const double gradient = std::clamp(options_.tolerance * quotient, 0.5, 1.0);
  const double wanted = limit_ * gradient + std::sqrt(limit_);
  Set(limit_ + (wanted - limit_) * options_.smoothing);
  // Halved, it should have helped; if the server has become slower, it never will.
  if (now - measured_at_ >= options_.remeasure || limit_ < highest_ / 2) {
    measuring_ = true;
    measuring_limit_ = std::max<double>(options_.min, limit_ / 2);
  }
}

// `before`: the latency under the limit that held before this one, zero if none did.
void Gradient::Measure(base::SteadyTime now, bool used, Duration before) {
  // The first calls find the server empty, however many they are.
  if (used && before == Duration(0)) return;
  const bool faster =
      static_cast<double>(latency_.count()) < kFaster * static_cast<double>(before.count());
  // The present limit is to be compared with its half, which no round has shown yet.
  const bool first = limit() == static_cast<int>(limit_);
  if (!used || !(first || faster) || limit() <= options_.min) return Know(latency_, now);
  measuring_limit_ = std::max<double>(options_.min, limit() / 2.0);
}

void Gradient::Know(Duration unloaded, base::SteadyTime now) {
  unloaded_ = unloaded;
  measured_at_ = now;
  measuring_ = false;
  highest_ = limit_;
}

void Gradient::Set(double limit) {
  limit_ = std::clamp<double>(limit, options_.min, options_.max);
  highest_ = std::max(highest_, limit_);
}

}  // namespace trellis::resilience::impl
