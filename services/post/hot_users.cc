#include "services/post/hot_users.h"

#include <algorithm>

namespace trellis::post {

void HotUsers::Count(int64_t user_id) {
  const std::lock_guard lock(mutex_);
  if (const auto known = reads_.find(user_id); known != reads_.end()) {
    ++known->second;
  } else if (reads_.size() < capacity_) {
    reads_.emplace(user_id, 1);
  } else {
    // Takes the place and the count of the least.
    const auto least =
        std::min_element(reads_.begin(), reads_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const int64_t reads = least->second + 1;
    reads_.erase(least);
    reads_.emplace(user_id, reads);
  }
  if (++seen_ < half_life_) return;
  seen_ = 0;
  for (auto& [user, reads] : reads_) reads /= 2;
}

std::vector<HotUser> HotUsers::Top(size_t most) const {
  std::vector<HotUser> users;
  {
    const std::lock_guard lock(mutex_);
    users.reserve(reads_.size());
    for (const auto& [user, reads] : reads_) {
      if (reads > 0) users.push_back({user, reads});
    }
  }
  std::sort(users.begin(), users.end(), [](const HotUser& a, const HotUser& b) {
    return a.reads != b.reads ? a.reads > b.reads : a.user_id < b.user_id;
  });
  if (users.size() > most) users.resize(most);
  return users;
}

}  // namespace trellis::post
