#ifndef CLIENTS_CLI_LOAD_HISTOGRAM_H_
#define CLIENTS_CLI_LOAD_HISTOGRAM_H_

#include <chrono>
#include <cstdint>
#include <vector>

namespace trellis::cli::load {

using std::chrono::microseconds;

// Latencies by count, in buckets that are linear within each power of two: after HdrHistogram
// (hdrhistogram.org), which Debian 12 has for Java and Go only. A value of a percentile is never
// too small and at most 1/2^precision_bits too large; count, sum, least and greatest are exact.
// Memory is bounded whatever comes: 27 KB at 7 bits (0.8 %), 2 KB at 3. Not thread-safe.
class Histogram {
 public:
  static constexpr int kPrecisionBits = 7;
  explicit Histogram(int precision_bits = kPrecisionBits);

  // Negative counts as zero. What is longer than an hour shares the last bucket.
  void Record(microseconds value, int64_t times = 1);
  // The other must have the same precision.
  void Add(const Histogram& other);

  [[nodiscard]] int64_t count() const { return count_; }
  [[nodiscard]] microseconds min() const { return microseconds(count_ == 0 ? 0 : min_); }
  [[nodiscard]] microseconds max() const { return microseconds(max_); }
  // In microseconds; 0 for none.
  [[nodiscard]] double Mean() const;

  // By nearest rank: the smallest value such that `percent` of all are not greater. 0 for none.
  [[nodiscard]] microseconds Percentile(double percent) const;
  // How many values stand at that rank and above it, at least 1 unless empty: a percentile that
  // stands on one sample is that sample.
  [[nodiscard]] int64_t SamplesFrom(double percent) const;

  struct Bucket {
    microseconds last;  // the greatest value in it
    int64_t count;
  };
  // Those that are not empty, ascending.
  [[nodiscard]] std::vector<Bucket> Buckets() const;

 private:
  [[nodiscard]] size_t IndexOf(int64_t value) const;
  [[nodiscard]] int64_t LastOf(size_t index) const;
  [[nodiscard]] int64_t Rank(double percent) const;

  int bits_;
  std::vector<int64_t> counts_;
  int64_t count_ = 0;
  int64_t min_ = 0;
  int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_HISTOGRAM_H_
