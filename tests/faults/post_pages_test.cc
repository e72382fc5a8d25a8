// Guarantee: pages by cursor, walked while posts come and go, show no post twice and miss none that
// was there throughout.
#include <atomic>
#include <iostream>
#include <set>
#include <thread>

#include "tests/support/post_stack.h"

namespace trellis::testing {
namespace {

constexpr int kUser = 1;
constexpr int kLasting = 400;
constexpr milliseconds kTime{6'000};

class PostPagesTest : public PostTest {
 protected:
  void SetUp() override {
    Make({.services = 2});
    stack().AddUsers(1);
    // Between those that last are some that go.
    (void)stack().Query(
        "INSERT INTO posts (user_id, content, generation)"
        " SELECT 1, CASE WHEN i % 2 = 0 THEN 'lasting' ELSE 'going' END, 1"
        " FROM generate_series(1, " +
        std::to_string(2 * kLasting) + ") AS i");
    for (const auto& row : stack().Query("SELECT id FROM posts WHERE content = 'lasting'")) {
      lasting_.insert(std::stoll(row.at(0)));
    }
    for (const auto& row : stack().Query("SELECT id FROM posts WHERE content = 'going'")) {
      going_.push_back(std::stoll(row.at(0)));
    }
  }

  // Writes at the top and deletes in the middle, until the end.
  void Churn() {
    const auto stub = stack().Stub(1);
    size_t next = 0;
    while (!stopping_) {
      const auto made = CreatePost(*stub, kUser, "new");
      const bool deleted = next < going_.size() && DeletePost(*stub, going_[next++]).ok();
      if (made.ok() && next % 2 == 0) (void)DeletePost(*stub, made->id());
      changes_ += (made.ok() ? 1 : 0) + (deleted ? 1 : 0);
    }
  }

  struct Walk {
    int twice = 0, missing = 0;
  };
  Walk WalkOnce(bool by_cursor) {
    const auto stub = stack().Stub(walks_++ % 2);
    post::v1::ListUserPostsRequest request;
    request.set_user_id(kUser);
    request.set_limit(20);
    std::set<int64_t> seen;
    Walk walk;
    while (true) {
      const auto page = ListPosts(*stub, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return walk;
      for (const post::v1::Post& post : page->data()) {
        if (!seen.insert(post.id()).second) ++walk.twice;
      }
      if (!page->has_more()) break;
      if (by_cursor) {
        request.set_cursor(page->next_cursor());
      } else {
        request.set_offset(request.offset() + request.limit());
      }
    }
    for (const int64_t id : lasting_) walk.missing += seen.contains(id) ? 0 : 1;
    return walk;
  }
  Walk WalkDuringChanges(bool by_cursor) {
    std::thread churn([this] { Churn(); });
    Walk sum;
    const base::Deadline end = base::Deadline::After(kTime);
    while (!end.Expired()) {
      const Walk walk = WalkOnce(by_cursor);
      sum.twice += walk.twice;
      sum.missing += walk.missing;
    }
    stopping_ = true;
    churn.join();
    std::cout << walks_ << " walks of " << kLasting << " lasting posts during " << changes_
              << " changes: twice " << sum.twice << ", missing " << sum.missing << std::endl;
    EXPECT_GT(changes_, 200);
    EXPECT_GT(walks_, 5u);
    return sum;
  }

  std::set<int64_t> lasting_;
  std::vector<int64_t> going_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> changes_{0};
  size_t walks_ = 0;
};

TEST_F(PostPagesTest, PagesByCursorAreStable) {
  const Walk walk = WalkDuringChanges(true);
  EXPECT_EQ(walk.twice, 0);
  EXPECT_EQ(walk.missing, 0);
}

// What cursors are for.
TEST_F(PostPagesTest, PagesByOffsetShift) {
  const Walk walk = WalkDuringChanges(false);
  EXPECT_GT(walk.twice + walk.missing, 0);
}

}  // namespace
}  // namespace trellis::testing
