#include "services/post/post_writer.h"

#include "services/post/cache_keys.h"
#include "services/post/generation_record.h"
#include "services/post/testing/domain_fixture.h"

namespace trellis::post {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PostWriterTest : public testing::DomainFixture {
 protected:
  int64_t Recorded(int64_t user_id) {
    return ParseGenerationRecord(cluster_.Get(RecordKey(user_id)).value_or("")).generation;
  }
  std::string Message(const absl::Status& status) { return base::MessageOf(status); }

  PostWriter writer_{store_, invalidator_, {.patience = base::milliseconds(60)}};
};

TEST_F(PostWriterTest, AcknowledgesOnceTheCachesKnow) {
  const User user = Must(writer_.CreateUser("ada", "ada@example.com", Soon()));
  EXPECT_EQ(Recorded(user.id), 1);
  const Post post = Must(writer_.CreatePost(user.id, "a", Soon()));
  EXPECT_EQ(Recorded(user.id), post.version);
  const Post changed = Must(writer_.UpdatePost(post.id, "b", Soon()));
  EXPECT_EQ(Recorded(user.id), changed.version);
  EXPECT_THAT(*cluster_.Get(ObjectKey(post.id)),
              StartsWith(std::to_string(changed.version) + " 0 p"));
  const DeletedPost deleted = Must(writer_.DeletePost(post.id, Soon()));
  EXPECT_EQ(Recorded(user.id), deleted.generation);
  EXPECT_THAT(*cluster_.Get(ObjectKey(post.id)),
              StartsWith(std::to_string(deleted.generation) + " 0 p"));
}

TEST_F(PostWriterTest, WritesNothingWhileTheCacheCannotBeTold) {
  const int64_t user = AddUser();
  const Post post = AddPost(user);
  cluster_.set_away([](std::string_view) { return true; });
  for (const absl::Status& status : {Await(writer_.CreatePost(user, "a", Soon())).status(),
                                     Await(writer_.UpdatePost(post.id, "a", Soon())).status(),
                                     Await(writer_.DeletePost(post.id, Soon())).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(Message(status), HasSubstr("nothing was written"));
  }
  EXPECT_EQ(Must(store_.GetGeneration(user, Soon())), post.version);
}

TEST_F(PostWriterTest, WaitsForACacheThatComesBack) {
  const int64_t user = AddUser();
  bool away = true;
  cluster_.set_away([&away](std::string_view) { return away; });
  const auto write = Begin(writer_.CreatePost(user, "a", Soon()));
  EXPECT_FALSE(write->has_value());
  away = false;
  ASSERT_TRUE(RunUntil([&] { return write->has_value(); }));
  EXPECT_TRUE((*write)->ok());
}

// No cache can have an older version of a new post, so its node need not be there.
TEST_F(PostWriterTest, ANewPostNeedsOnlyItsUsersNode) {
  const int64_t user = AddUser();
  cluster_.set_away([](std::string_view key) { return key.starts_with("post:"); });
  EXPECT_TRUE(Await(writer_.CreatePost(user, "a", Soon())).ok());
}

TEST_F(PostWriterTest, SaysThatItIsWrittenWhenTheCachesWereNotTold) {
  const int64_t user = AddUser();
  cluster_.set_before([](const auto&) -> boost::asio::awaitable<absl::Status> {
    co_return absl::UnavailableError("lost");
  });
  const absl::Status status = Await(writer_.CreatePost(user, "a", Soon())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Message(status), StartsWith("written with generation 2"));
  EXPECT_EQ(Must(store_.GetGeneration(user, Soon())), 2);
}

TEST_F(PostWriterTest, TellsNobodyOfWhatDidNotHappen) {
  EXPECT_EQ(Await(writer_.CreatePost(7, "a", Soon())).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Await(writer_.DeletePost(7, Soon())).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(cluster_.size(), 0u);
}

}  // namespace
}  // namespace trellis::post
