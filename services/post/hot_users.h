#ifndef SERVICES_POST_HOT_USERS_H_
#define SERVICES_POST_HOT_USERS_H_

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace trellis::post {

struct HotUser {
  int64_t user_id = 0;
  int64_t reads = 0;
};

// The users that are read most of late (Space-Saving, Metwally et al., ICDT 2005): one that is read
// more often than once in `capacity` reads is among them. Reads count half after so many further
// ones. Memory is bounded by the capacity. Thread-safe, a short lock.
class HotUsers {
 public:
  explicit HotUsers(size_t capacity = 256, int64_t half_life = 100'000)
      : capacity_(capacity), half_life_(half_life) {}

  void Count(int64_t user_id);
  // The most read first.
  [[nodiscard]] std::vector<HotUser> Top(size_t most) const;

 private:
  const size_t capacity_;
  const int64_t half_life_;
  mutable std::mutex mutex_;
  std::unordered_map<int64_t, int64_t> reads_;
  int64_t seen_ = 0;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_HOT_USERS_H_
