#ifndef SERVICES_POST_POST_H_
#define SERVICES_POST_POST_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/clock.h"
#include "mesh/base/status.h"

// Plain values of the service. Times have the microseconds that Postgres keeps.
namespace trellis::post {

template <typename T>
using Async = boost::asio::awaitable<absl::StatusOr<T>>;

struct User {
  int64_t id = 0;
  std::string username;
  std::string email;
  // Counts the changes of the user's posts, from 1 on. Of two changes of one user the one with the
  // higher generation was committed later.
  int64_t generation = 0;
  base::WallTime created_at = {};
};

struct Post {
  int64_t id = 0;  // a user's ids ascend in the order in which the posts were committed
  int64_t user_id = 0;
  int64_t version = 0;  // the user's generation when this post was last changed
  std::string content;
  base::WallTime created_at = {};
  base::WallTime updated_at = {};

  bool operator==(const Post&) const = default;
};

inline constexpr int kMaxPageSize = 100;

// A page of a user's posts, newest first.
struct PageKey {
  int64_t user_id = 0;
  int limit = 50;  // 1 to kMaxPageSize
  // Only posts with smaller ids: the last one of the page before, so that posts that come and go
  // meanwhile shift nothing.
  std::optional<int64_t> before_id = {};
  int offset = 0;  // so many are left out first, which takes time in proportion

  bool operator==(const PageKey&) const = default;
};

struct PostPage {
  int64_t generation = 0;  // the user's, of the same snapshot as the posts; 0: no such user
  std::vector<Post> posts = {};
  bool has_more = false;  // there is a post after the last one
};

}  // namespace trellis::post

#endif  // SERVICES_POST_POST_H_
