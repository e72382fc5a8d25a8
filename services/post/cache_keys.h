#ifndef SERVICES_POST_CACHE_KEYS_H_
#define SERVICES_POST_CACHE_KEYS_H_

#include <cstdint>
#include <string>

namespace trellis::post {

// Names in Redis that the caches and the invalidator share. All of a user's keys carry the hash tag
// {<user id>}, so that one slot holds them; posts are spread over all slots.
[[nodiscard]] inline std::string RecordKey(int64_t user_id) {
  return "user:{" + std::to_string(user_id) + "}:gen";
}
[[nodiscard]] inline std::string ObjectKey(int64_t post_id) {
  return "post:" + std::to_string(post_id);
}

}  // namespace trellis::post

#endif  // SERVICES_POST_CACHE_KEYS_H_
