#include "services/post/postgres_invalidation_outbox.h"

#include <pqxx/pqxx>

#include "services/post/testing/post_store_fixture.h"

namespace trellis::post {
namespace {

using base::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr milliseconds kLease{60'000};

class PostgresInvalidationOutboxTest : public testing::PostStoreFixture {
 protected:
  std::vector<Invalidation> Take(milliseconds older_than, int limit = 100,
                                 milliseconds lease = kLease) {
    return Must(outbox_.Take(older_than, lease, limit, Soon()));
  }
  // As if it had been written so long ago.
  void Age(int64_t id, milliseconds by) {
    Query("UPDATE cache_invalidations SET created_at = created_at - interval '" +
          std::to_string(by.count()) + " ms' WHERE id = " + std::to_string(id));
  }
};

TEST_F(PostgresInvalidationOutboxTest, GivesWhatWritesHaveLeftBehindOldestFirst) {
  const int64_t user = AddUser();
  const Post post = AddPost(user);
  const std::vector<Invalidation> rows = Take(milliseconds(0));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].user_id, user);
  EXPECT_EQ(rows[0].post_id, std::nullopt);
  EXPECT_EQ(rows[0].generation, 1);
  EXPECT_EQ(rows[1].post_id, post.id);
  EXPECT_EQ(rows[1].generation, 2);
}

TEST_F(PostgresInvalidationOutboxTest, LeavesThoseThatAreTooYoung) {
  AddUser();
  AddPost(1);
  Age(1, milliseconds(60'000));
  const std::vector<Invalidation> rows = Take(milliseconds(30'000));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].id, 1);
}

TEST_F(PostgresInvalidationOutboxTest, LeasedRowsAreNotGivenTwiceUntilTheLeaseEnds) {
  AddUser();
  AddPost(1);
  EXPECT_THAT(Take(milliseconds(0), 1), SizeIs(1));
  EXPECT_THAT(Take(milliseconds(0)), SizeIs(1)) << "the other one";
  EXPECT_THAT(Take(milliseconds(0)), IsEmpty());
  Query("UPDATE cache_invalidations SET leased_until = clock_timestamp() WHERE id = 1");
  const std::vector<Invalidation> again = Take(milliseconds(0));
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].id, 1);
}

TEST_F(PostgresInvalidationOutboxTest, ForgetsWhatIsRemoved) {
  AddUser();
  AddPost(1);
  EXPECT_TRUE(Await(outbox_.Remove({1, 77}, Soon())).ok());
  EXPECT_EQ(Must(outbox_.Stats(Soon())).depth, 1);
  const std::vector<Invalidation> rows = Take(milliseconds(0));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].id, 2);
}

TEST_F(PostgresInvalidationOutboxTest, DoesNotWaitForRowsThatAnotherIsTaking) {
  AddUser();
  AddPost(1);
  pqxx::connection other(url_);
  pqxx::work transaction(other);
  transaction.exec("SELECT FROM cache_invalidations WHERE id = 1 FOR UPDATE");
  const std::vector<Invalidation> rows = Take(milliseconds(0));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].id, 2);
}

TEST_F(PostgresInvalidationOutboxTest, ReportsDepthAndAge) {
  OutboxStats stats = Must(outbox_.Stats(Soon()));
  EXPECT_EQ(stats.depth, 0);
  EXPECT_EQ(stats.oldest_age, milliseconds(0));
  AddUser();
  AddPost(1);
  Age(1, milliseconds(60'000));
  stats = Must(outbox_.Stats(Soon()));
  EXPECT_EQ(stats.depth, 2);
  EXPECT_GE(stats.oldest_age, milliseconds(60'000));
}

}  // namespace
}  // namespace trellis::post
