#ifndef CLIENTS_CLI_LOAD_RANDOM_H_
#define CLIENTS_CLI_LOAD_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace trellis::cli::load {

// SplitMix64 (Steele, Lea, Flood, 2014): cheap enough to be made anew for each call, so that what a
// call sends depends on the seed and its index alone, and is the same on every machine. A value.
class Random {
 public:
  Random(uint64_t seed, int64_t index) : state_(Mix(seed) ^ static_cast<uint64_t>(index)) {}

  [[nodiscard]] uint64_t Next() { return Mix(state_ += 0x9e3779b97f4a7c15); }
  // 0 to bound - 1; the bias is bound / 2^64.
  [[nodiscard]] size_t Below(size_t bound) { return Next() % bound; }
  template <typename List>
  [[nodiscard]] const auto& OneOf(const List& list) {
    return list[Below(list.size())];
  }

 private:
  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_RANDOM_H_
