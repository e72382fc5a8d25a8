// Guarantee: a process that dies between the commit of a write and telling the caches leaves them
// old for a bounded time: the outbox makes the write known.
#include <csignal>
#include <iostream>

#include "tests/support/post_stack.h"

namespace trellis::testing {
namespace {

// Rows are taken from the age of 1 s on, every 500 ms. One that died with rows in hand keeps them
// 3 s more; telling a node may take 1 s.
constexpr milliseconds kBound{5'500};
constexpr int kVictims = 4;
constexpr int kRounds = 25;

class PostCrashTest : public PostTest {
 protected:
  // Instance 0 reads; the others are killed.
  void MakeAndFill(const std::string& sweep_period) {
    Make({.services = 1 + kVictims, .service = {{"SWEEP_PERIOD", sweep_period}}});
    stack().AddUsers(kVictims);
    reader_ = stack().Stub(0);
    for (int user = 1; user <= kVictims; ++user) {
      ASSERT_TRUE(CreatePost(*reader_, user, "first").ok());
      (void)Shown(user);
    }
  }
  // The generation of the first page, as the reader shows it.
  int64_t Shown(int user) {
    post::v1::ListUserPostsRequest request;
    request.set_user_id(user);
    const auto page = ListPosts(*reader_, request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->generation() : 0;
  }
  int Mismatches() {
    int count = 0;
    for (int user = 1; user <= kVictims; ++user) {
      const int64_t truth =
          stack().Count("SELECT generation FROM users WHERE id = " + std::to_string(user));
      if (Shown(user) != truth) ++count;
    }
    return count;
  }
  // Each victim dies after the commit of a write for a user of its own. How many did.
  int KillAll() {
    for (int i = 1; i <= kVictims; ++i) {
      ServerProcess& victim = stack().service(static_cast<size_t>(i));
      if (victim.running()) victim.Kill();
      victim.Set("TRELLIS_FAILPOINT", "post.after-commit");
      victim.Start();
    }
    int killed = 0;
    for (int i = 1; i <= kVictims; ++i) {
      ServerProcess& victim = stack().service(static_cast<size_t>(i));
      victim.AwaitReady();
      const auto stub = stack().Stub(static_cast<size_t>(i));
      EXPECT_FALSE(CreatePost(*stub, i, "unheard").ok());
      if (victim.AwaitExit() == -SIGKILL) ++killed;
    }
    return killed;
  }

  std::unique_ptr<PostStub> reader_;
};

TEST_F(PostCrashTest, DeathsBetweenCommitAndInvalidationHeal) {
  MakeAndFill("500ms");
  int killed = 0, seen = 0;
  milliseconds worst{0};
  for (int round = 0; round < kRounds; ++round) {
    killed += KillAll();
    seen += Mismatches();
    if (round % 5 != 4) continue;
    const base::SteadyTime since = std::chrono::steady_clock::now();
    EXPECT_TRUE(WaitUntil([this] { return Mismatches() == 0; }, kBound)) << "round " << round;
    worst = std::max(
        worst, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - since));
  }
  std::cout << "killed " << killed << " times; old pages seen at once " << seen
            << "; healed after at most " << worst.count() << " ms" << std::endl;
  EXPECT_EQ(killed, kVictims * kRounds);
  EXPECT_GT(seen, 0) << "the kills hit nothing";
  // The one that reads does not count them: an unheard write is on its way.
  EXPECT_EQ(stack().service(0).Metric("trellis_post_audit_mismatches_total"), 0);
  EXPECT_EQ(stack().Count("SELECT count(*) FROM posts WHERE content = 'unheard'"), killed);
}

// What the outbox is for.
TEST_F(PostCrashTest, WithoutTheSweeperTheyStayOld) {
  MakeAndFill("1h");
  EXPECT_EQ(KillAll(), kVictims);
  EXPECT_EQ(Mismatches(), kVictims);
  EXPECT_FALSE(WaitUntil([this] { return Mismatches() == 0; }, kBound));
  // Who knows of a generation gets nothing older all the same.
  for (int user = 1; user <= kVictims; ++user) {
    post::v1::ListUserPostsRequest request;
    request.set_user_id(user);
    request.set_min_generation(Shown(user) + 1);
    const auto page = ListPosts(*reader_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->generation(), request.min_generation());
    EXPECT_EQ(page->data(0).content(), "unheard");
  }
}

}  // namespace
}  // namespace trellis::testing
