#ifndef SERVICES_POST_FREQUENCY_SKETCH_H_
#define SERVICES_POST_FREQUENCY_SKETCH_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trellis::post {

// How often things were seen of late, about: a count-min sketch (Cormode, Muthukrishnan, 2005) of
// four rows. An estimate is never too low but for the ageing: after ten times as many sightings as
// a row has counters all counts are halved. 16 KiB, whatever it is told. Not thread-safe.
class FrequencySketch {
 public:
  FrequencySketch() : counters_(kRows * kWidth) {}

  void Add(size_t hash) {
    const int least = Estimate(hash);
    // Only the smallest are too low (conservative update).
    for (size_t row = 0; row < kRows && least < kMost; ++row) {
      uint8_t& counter = counters_[Slot(hash, row)];
      if (counter == least) ++counter;
    }
    if (++seen_ < 10 * kWidth) return;
    seen_ /= 2;
    for (uint8_t& counter : counters_) counter /= 2;
  }

  [[nodiscard]] int Estimate(size_t hash) const {
    int least = kMost;
    for (size_t row = 0; row < kRows; ++row) {
      least = std::min<int>(least, counters_[Slot(hash, row)]);
    }
    return least;
  }

 private:
  static constexpr size_t kRows = 4;
  static constexpr size_t kWidth = 4096;
  static constexpr int kMost = 255;

  static size_t Slot(size_t hash, size_t row) {
    constexpr std::array<uint64_t, kRows> kSeeds = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F,
                                                    0x165667B19E3779F9, 0xD6E8FEB86659FD93};
    return row * kWidth + (hash * kSeeds[row] >> 52);
  }

  std::vector<uint8_t> counters_;
  size_t seen_ = 0;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_FREQUENCY_SKETCH_H_
