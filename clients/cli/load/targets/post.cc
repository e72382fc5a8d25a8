// Post: pages of users of whom some are read far more than others, and a few posts by them.

#include <algorithm>

#include "clients/cli/load/random.h"
#include "clients/cli/load/target.h"
#include "clients/cpp/client.h"
#include "trellis/post/v1/post.grpc.pb.h"

namespace trellis::cli::load {
namespace {

namespace v1 = post::v1;
using PostClient = client::Client<v1::PostService>;

constexpr int64_t kLastUser = 100;  // as many as post-datagen makes
constexpr size_t kOneWriteIn = 20;

// Those of the first ids that there are; one made for it when there are none.
absl::StatusOr<std::vector<int64_t>> Users(const Setup& setup) {
  PostClient client({.address = setup.address, .timeout = setup.timeout});
  std::vector<int64_t> users;
  for (int64_t id = 1; id <= kLastUser; ++id) {
    v1::GetUserRequest request;
    request.set_id(id);
    const auto user = client.Call(&PostClient::Stub::GetUser, request);
    if (!user.ok() && !absl::IsNotFound(user.status())) return user.status();
    if (user.ok()) users.push_back(id);
  }
  if (users.empty()) {
    v1::CreateUserRequest request;
    request.set_username("load-" + setup.run);
    request.set_email("load-" + setup.run + "@example.com");
    const auto user = client.Call(&PostClient::Stub::CreateUser, request);
    if (!user.ok()) return user.status();
    users.push_back(user->id());
  }
  return users;
}

// Zipf's law: the i-th user is read 1/i times as often as the first.
class Popularity {
 public:
  explicit Popularity(std::vector<int64_t> users) : users_(std::move(users)) {
    double sum = 0;
    for (size_t i = 1; i <= users_.size(); ++i) {
      sum += 1.0 / static_cast<double>(i);
      up_to_.push_back(sum);
    }
  }
  [[nodiscard]] int64_t Draw(Random& random) const {
    constexpr size_t kSteps = size_t{1} << 30;
    const double at = up_to_.back() * static_cast<double>(random.Below(kSteps)) / kSteps;
    const auto found = std::upper_bound(up_to_.begin(), up_to_.end(), at);
    const auto i = std::min<size_t>(static_cast<size_t>(found - up_to_.begin()), users_.size() - 1);
    return users_[i];
  }

 private:
  std::vector<int64_t> users_;
  std::vector<double> up_to_;
};

absl::StatusOr<MakeRequest> Prepare(const Setup& setup) {
  auto users = Users(setup);
  if (!users.ok()) return users.status();
  return MakeRequest([setup, popularity = Popularity(*std::move(users))](int64_t index) -> Request {
    Random random(setup.seed, index);
    const bool write = random.Below(kOneWriteIn) == 0;
    const int64_t user = popularity.Draw(random);
    if (write) {
      v1::CreatePostRequest request;
      request.set_user_id(user);
      request.set_content("load " + setup.run + " " + std::to_string(index));
      return {request.SerializeAsString(), "CreatePost"};
    }
    v1::ListUserPostsRequest request;
    request.set_user_id(user);
    return request.SerializeAsString();
  });
}

}  // namespace

Target PostTarget() {
  return {.name = "post",
          .summary =
              "ListUserPosts of users 1 to 100, the first ones most, and 5 % CreatePost; needs no "
              "users",
          .service = v1::PostService::service_full_name(),
          .method = "ListUserPosts",
          .variable = "POST_ADDR",
          .default_address = "127.0.0.1:50054",
          .prepare = Prepare};
}

}  // namespace trellis::cli::load
