#ifndef SERVICES_POST_REQUESTS_H_
#define SERVICES_POST_REQUESTS_H_

#include <string>
#include <vector>

#include "mesh/base/status.h"
#include "mesh/redis/cluster_map.h"
#include "services/post/post.h"
#include "trellis/post/v1/post.pb.h"

// From the API's messages to the domain's structs, checked, and back. Every error names the field.
namespace trellis::post {

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMostOffset = 1'000'000;
inline constexpr size_t kMostContentCharacters = 10'000;
inline constexpr int kMostFeedUsers = 100;

struct FeedQuery {
  std::vector<int64_t> user_ids;
  int limit = kDefaultPageSize;
  std::optional<int64_t> before_id = {};
};

[[nodiscard]] absl::Status CheckUser(const v1::CreateUserRequest& request);
[[nodiscard]] absl::Status CheckContent(const std::string& content);
// Of `field`, such as "id".
[[nodiscard]] absl::Status CheckId(std::string_view field, int64_t id);
[[nodiscard]] absl::StatusOr<PageKey> PageKeyFrom(const v1::ListUserPostsRequest& request);
[[nodiscard]] absl::StatusOr<FeedQuery> FeedQueryFrom(const v1::GetFeedRequest& request);

[[nodiscard]] v1::User ToMessage(const User& user);
[[nodiscard]] v1::ClusterNode ToMessage(const redis::ClusterNode& node);

}  // namespace trellis::post

#endif  // SERVICES_POST_REQUESTS_H_
