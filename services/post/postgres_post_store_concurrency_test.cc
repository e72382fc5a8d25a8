#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <random>
#include <set>

#include "services/post/testing/post_store_fixture.h"

namespace trellis::post {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;

// A server that remembers when transactions were committed.
postgres::testing::PrivatePostgres& Server() {
  static postgres::testing::PrivatePostgres server({"track_commit_timestamp=on"});
  return server;
}

// Several callers at a time: coroutines of one thread, each with a connection of the pool.
class ConcurrencyTest : public testing::PostStoreFixture {
 protected:
  ConcurrencyTest() : PostStoreFixture(Server()) {}

  void Spawn(asio::awaitable<void> coroutine) {
    ++running_;
    asio::co_spawn(context_, std::move(coroutine), [this](const std::exception_ptr& thrown) {
      --running_;
      EXPECT_FALSE(thrown);
    });
  }
  void RunAll() {
    const base::Deadline deadline = base::Deadline::After(std::chrono::seconds(50));
    context_.restart();
    while (running_ > 0 && !deadline.Expired()) {
      context_.run_one_for(std::chrono::milliseconds(100));
      if (context_.stopped()) context_.restart();
    }
    ASSERT_EQ(running_, 0);
  }

  asio::awaitable<void> Create(int64_t user_id, int count) {
    for (int i = 0; i < count; ++i) {
      const auto post = co_await store_.CreatePost(user_id, "new", Soon());
      EXPECT_TRUE(post.ok()) << post.status();
    }
  }
  // Changes and deletes posts among the first `last`; what another has deleted is not found.
  asio::awaitable<void> Disturb(int64_t last, int count, unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < count; ++i) {
      const int64_t id = std::uniform_int_distribution<int64_t>(1, last)(random);
      absl::Status status;
      if (random() % 2 == 0) {
        const auto changed = co_await store_.UpdatePost(id, "changed", Soon());
        status = changed.status();
      } else {
        const auto gone = co_await store_.DeletePost(id, Soon());
        status = gone.status();
      }
      EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
      writes_ += status.ok() ? 1 : 0;
    }
  }

  int running_ = 0;
  int64_t writes_ = 0;
};

TEST_F(ConcurrencyTest, GenerationsIdsAndCommitsOfAUserAreInOneOrder) {
  AddUser("ada");
  AddUser("bob");
  for (int i = 0; i < 6; ++i) Spawn(Create(1, 100));
  Spawn(Create(2, 100));
  RunAll();
  EXPECT_EQ(Ask("SELECT generation FROM users ORDER BY id"), "601 101");
  // Each compared with the one of the generation before.
  EXPECT_EQ(
      Ask("SELECT count(*), bool_and(id > before), bool_and(generation = generation_before + 1), "
          "bool_and(committed >= committed_before) FROM ("
          "  SELECT id, generation, pg_xact_commit_timestamp(xmin) AS committed,"
          "    lag(id) OVER w AS before, lag(generation) OVER w AS generation_before,"
          "    lag(pg_xact_commit_timestamp(xmin)) OVER w AS committed_before"
          "  FROM posts WHERE user_id = 1 WINDOW w AS (ORDER BY generation)) AS ordered"),
      "600 t t t");
}

TEST_F(ConcurrencyTest, GenerationAndPageAreOfOneSnapshot) {
  AddUser("ada");
  for (int i = 0; i < 4; ++i) Spawn(Create(1, 100));
  auto read = [&]() -> asio::awaitable<void> {
    int64_t generation = 0;
    while (generation < 401) {
      const auto page = co_await store_.ListPage({.user_id = 1, .limit = 3}, Soon());
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) co_return;
      EXPECT_GE(page->generation, generation);
      generation = page->generation;
      EXPECT_EQ(page->posts.empty() ? 1 : page->posts[0].version, generation);
      EXPECT_EQ(page->posts.size(), static_cast<size_t>(std::min<int64_t>(3, generation - 1)));
    }
  };
  Spawn(read());
  Spawn(read());
  RunAll();
}

TEST_F(ConcurrencyTest, EveryWriteOfAPostCountsOnceAlsoWhereAnotherWasFirst) {
  AddUser();
  for (int i = 0; i < 8; ++i) AddPost(1);
  // Few posts, so that writers wait for each other's and find them changed or gone.
  for (unsigned seed = 0; seed < 8; ++seed) Spawn(Disturb(8, 50, seed));
  RunAll();
  EXPECT_GT(writes_, 8);
  EXPECT_EQ(Must(store_.GetGeneration(1, Soon())), 9 + writes_);
  EXPECT_EQ(Ask("SELECT count(*), count(DISTINCT generation), max(generation) FROM "
                "cache_invalidations"),
            std::to_string(9 + writes_) + " " + std::to_string(9 + writes_) + " " +
                std::to_string(9 + writes_));
  EXPECT_EQ(Ask("SELECT count(*) FROM posts p WHERE generation <> (SELECT max(generation) FROM "
                "cache_invalidations c WHERE c.post_id = p.id)"),
            "0");
}

// A walk by cursor while others write: which posts it met, in order.
TEST_F(ConcurrencyTest, WalkByCursorMeetsEachPostThatWasThereThroughoutOnce) {
  AddUser();
  Query(
      "INSERT INTO posts (user_id, content, generation) SELECT 1, 'x', 1 FROM "
      "generate_series(1, 400)");
  // Those above 200 stay. New ones come on top, others go below.
  std::vector<std::vector<int64_t>> walks;
  auto walk = [&]() -> asio::awaitable<void> {
    PageKey key{.user_id = 1, .limit = 7};
    std::vector<int64_t> met;
    while (true) {
      const auto page = co_await store_.ListPage(key, Soon());
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) co_return;
      for (const Post& post : page->posts) met.push_back(post.id);
      if (!page->has_more) break;
      key.before_id = page->posts.back().id;
    }
    walks.push_back(std::move(met));
  };
  auto walk_often = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 10; ++i) co_await walk();
  };
  for (int i = 0; i < 3; ++i) Spawn(walk_often());
  for (int i = 0; i < 2; ++i) Spawn(Create(1, 150));
  for (unsigned seed = 0; seed < 2; ++seed) Spawn(Disturb(200, 150, seed));
  RunAll();

  ASSERT_EQ(walks.size(), 30U);
  bool saw_changes = false;
  for (const std::vector<int64_t>& met : walks) {
    EXPECT_EQ(std::adjacent_find(met.begin(), met.end(), std::less_equal<>()), met.end())
        << "a post twice, or out of order";
    const std::set<int64_t> all(met.begin(), met.end());
    for (int64_t id = 201; id <= 400; ++id) EXPECT_EQ(all.count(id), 1U) << id << " is missing";
    saw_changes = saw_changes || (all.size() != 400 && all.size() != walks.back().size());
  }
  EXPECT_TRUE(saw_changes) << "nobody wrote during the walks";
}

}  // namespace
}  // namespace trellis::post
