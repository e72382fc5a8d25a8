#include "clients/cli/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trellis::cli::load {
namespace {

constexpr int64_t kGreatest = 3'600'000'000;  // an hour

}  // namespace

Histogram::Histogram(int precision_bits)
    : bits_(precision_bits), counts_(IndexOf(kGreatest) + 1, 0) {}

// Below 2^(bits+1) a bucket is one value. Above, a value keeps its bits+1 highest bits, and each
// further power of two has 2^bits buckets.
size_t Histogram::IndexOf(int64_t value) const {
  const int width = std::bit_width(static_cast<uint64_t>(value));
  const int shift = std::max(0, width - bits_ - 1);
  return (static_cast<size_t>(shift) << bits_) + static_cast<size_t>(value >> shift);
}

int64_t Histogram::LastOf(size_t index) const {
  const size_t octave = index >> bits_;
  if (octave <= 1) return static_cast<int64_t>(index);
  const size_t shift = octave - 1;
  const size_t high = index - (shift << bits_);
  return static_cast<int64_t>(((high + 1) << shift) - 1);
}

void Histogram::Record(microseconds value, int64_t times) {
  const int64_t at_least_zero = std::max<int64_t>(value.count(), 0);
  counts_[IndexOf(std::min(at_least_zero, kGreatest))] += times;
  min_ = count_ == 0 ? at_least_zero : std::min(min_, at_least_zero);
  max_ = std::max(max_, at_least_zero);
  sum_ += static_cast<double>(at_least_zero) * static_cast<double>(times);
  count_ += times;
}

void Histogram::Add(const Histogram& other) {
  if (other.count_ == 0) return;
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  count_ += other.count_;
}

double Histogram::Mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

int64_t Histogram::Rank(double percent) const {
  // The product of 99.9 % and 1000 must not become 999.0000000001 and then the 1000th.
  const double exact = percent / 100 * static_cast<double>(count_);
  return std::clamp<int64_t>(static_cast<int64_t>(std::ceil(exact - 1e-9 * exact)), 1, count_);
}

microseconds Histogram::Percentile(double percent) const {
  if (count_ == 0) return microseconds(0);
  const int64_t rank = Rank(percent);
  int64_t seen = 0;
  for (size_t i = 0; i + 1 < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return microseconds(std::min(LastOf(i), max_));
  }
  return microseconds(max_);
}

int64_t Histogram::SamplesFrom(double percent) const {
  return count_ == 0 ? 0 : count_ - Rank(percent) + 1;
}

std::vector<Histogram::Bucket> Histogram::Buckets() const {
  std::vector<Bucket> buckets;
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const bool last = i + 1 == counts_.size();
    buckets.push_back({microseconds(last ? max_ : std::min(LastOf(i), max_)), counts_[i]});
  }
  return buckets;
}

}  // namespace trellis::cli::load
