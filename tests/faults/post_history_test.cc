// Guarantee: no read of users' posts is older than a write that was acknowledged before it began,
// and each page is what its user had at one moment, whatever delays come between which steps.
#include <gmock/gmock.h>

#include <iostream>

#include "tests/support/post_world.h"

namespace trellis::testing {
namespace {

class PostHistoryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    servers_ = std::make_unique<redis::testing::PrivateRedisCluster>();
  }
  static void TearDownTestSuite() { servers_.reset(); }

  PostHistory::Verdict Run(int operations, PostWorldOptions options) {
    PostWorld world(*servers_, options);
    world.Start(operations);
    world.Join();
    world.ReadAll();
    const PostHistory::Verdict verdict = world.history().Judge();
    std::cout << world.operations() << " operations: " << verdict.reads << " reads, "
              << verdict.changes << " changes; " << world.Hits() << " hits of lists, "
              << world.RefusedFills() << " refused fills; stale " << verdict.stale << ", wrong "
              << verdict.wrong << std::endl;
    EXPECT_EQ(world.reads_failed() + world.writes_failed(), 0) << world.first_error();
    EXPECT_GT(world.Hits(), verdict.reads / 20);
    return verdict;
  }

  static inline std::unique_ptr<redis::testing::PrivateRedisCluster> servers_;
};

TEST_F(PostHistoryTest, NoReadIsOlderThanAnAcknowledgedWrite) {
  const PostHistory::Verdict verdict = Run(100'000, {});
  EXPECT_GT(verdict.changes, 10'000);
  EXPECT_EQ(verdict.violations(), 0) << verdict.first;
}

// What the compare-and-set is for.
TEST_F(PostHistoryTest, FillsThatAreNotComparedShowOldPages) {
  PostWorldOptions options;
  options.cache.compare_at_fill = false;
  const PostHistory::Verdict verdict = Run(10'000, options);
  EXPECT_GT(verdict.stale, 0);
}

}  // namespace
}  // namespace trellis::testing
