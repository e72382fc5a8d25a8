#include "services/post/cache_auditor.h"
#include "services/post/cache_keys.h"
#include "services/post/generation_record.h"
#include "services/post/invalidation_sweeper.h"
#include "services/post/testing/domain_fixture.h"

namespace trellis::post {
namespace {

using base::milliseconds;

class SweeperTest : public testing::DomainFixture {
 protected:
  int64_t Recorded(int64_t user_id) {
    return ParseGenerationRecord(cluster_.Get(RecordKey(user_id)).value_or("")).generation;
  }
  int64_t Left() { return Must(store_.Stats(Soon())).depth; }

  InvalidationSweeper sweeper_{store_, invalidator_, metrics_, {.age = milliseconds(0)}};
};

TEST_F(SweeperTest, MakesKnownWhatAWriterLeft) {
  const int64_t user = AddUser();
  const Post post = AddPost(user);
  EXPECT_FALSE(Await(sweeper_.Sweep()));
  EXPECT_EQ(Recorded(user), post.version);
  EXPECT_EQ(Left(), 0);
}

TEST_F(SweeperTest, LeavesYoungRowsToTheirWriters) {
  InvalidationSweeper patient(store_, invalidator_, metrics_, {.age = milliseconds(60'000)});
  AddUser();
  Await(patient.Sweep());
  EXPECT_EQ(Left(), 1);
}

TEST_F(SweeperTest, KeepsRowsThatCouldNotBeTold) {
  const int64_t user = AddUser();
  const int64_t other = AddUser("grace");
  cluster_.set_away([user](std::string_view key) { return key == RecordKey(user); });
  Await(sweeper_.Sweep());
  EXPECT_EQ(Recorded(other), 1);
  EXPECT_EQ(Left(), 1);
}

TEST_F(SweeperTest, AFullBatchMeansThereMayBeMore) {
  InvalidationSweeper small(store_, invalidator_, metrics_, {.age = milliseconds(0), .batch = 2});
  for (const char* name : {"a", "b", "c"}) AddUser(name);
  EXPECT_TRUE(Await(small.Sweep()));
  EXPECT_FALSE(Await(small.Sweep()));
  EXPECT_EQ(Left(), 0);
}

TEST_F(SweeperTest, AnOldRowLowersNoGeneration) {
  const int64_t user = AddUser();
  ASSERT_TRUE(Announce({.user_id = user, .generation = 9}).ok());
  Await(sweeper_.Sweep());
  EXPECT_EQ(Recorded(user), 9);
}

class AuditorTest : public testing::DomainFixture {
 protected:
  AuditorTest() : user_(AddUser()) {
    AddPost(user_);
    Must(reader_->Read(Key(), Soon()));
  }
  [[nodiscard]] PageKey Key() const { return {.user_id = user_, .limit = 10}; }
  [[nodiscard]] std::string PageName10() const {
    return "user:{" + std::to_string(user_) + "}:posts:" + PageName(Key());
  }
  // The mismatches that an audit of the page finds.
  double Audit() {
    const double before = auditor_.mismatches().Value(), audited = auditor_.audited().Value();
    // One in 64 is sampled.
    for (int i = 0; i < 10'000; ++i) auditor_.Sample(Key());
    Await(auditor_.Audit());
    EXPECT_GT(auditor_.audited().Value(), audited);
    return auditor_.mismatches().Value() - before;
  }

  std::unique_ptr<PageReader> reader_ = MakeReader();
  int64_t user_;
  CacheAuditor auditor_{
      page_cache_, object_cache_, store_, metrics_, {.sample = 1, .grace = milliseconds(50)}};
};

TEST_F(AuditorTest, WhatIsRightIsNoMismatch) { EXPECT_EQ(Audit(), 0); }

TEST_F(AuditorTest, AWriteThatNobodyMakesKnownIsOne) {
  AddPost(user_);
  EXPECT_EQ(Audit(), 1);
}

TEST_F(AuditorTest, AWriteOnItsWayIsNone) {
  const Post post = AddPost(user_);
  store_.after = [this, post](std::string_view method) -> boost::asio::awaitable<absl::Status> {
    if (method != "ListPage") co_return absl::OkStatus();
    std::vector<Invalidation> writes(1, {.user_id = user_, .generation = post.version});
    const auto told = co_await invalidator_.Announce(std::move(writes), Soon());
    co_return told.front();
  };
  EXPECT_EQ(Audit(), 0);
}

TEST_F(AuditorTest, AListWithOtherPostsIsOne) {
  CachedPage page = DecodePage(*cluster_.Get(PageName10())).value();
  page.posts.clear();
  cluster_.Set(PageName10(), EncodePage(page));
  EXPECT_EQ(Audit(), 1);
}

TEST_F(AuditorTest, AnObjectWithAnotherContentIsOne) {
  std::string entry = cluster_.Get(ObjectKey(1)).value();
  entry.back() ^= 1;
  cluster_.Set(ObjectKey(1), entry);
  EXPECT_EQ(Audit(), 1);
}

// Postgres was set back: a generation that comes again would make old pages hold.
TEST_F(AuditorTest, ACacheThatIsAheadOfPostgresIsOne) {
  GenerationRecord record = ParseGenerationRecord(*cluster_.Get(RecordKey(user_)));
  record.generation += 5;
  cluster_.Set(RecordKey(user_), record.Format());
  CachedPage page = DecodePage(*cluster_.Get(PageName10())).value();
  page.generation += 5;
  cluster_.Set(PageName10(), EncodePage(page));
  EXPECT_EQ(Audit(), 1);
}

}  // namespace
}  // namespace trellis::post
