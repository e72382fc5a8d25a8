#include "services/post/postgres_post_store.h"

#include "services/post/testing/post_store_fixture.h"

namespace trellis::post {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::vector<int64_t> Ids(const std::vector<Post>& posts) {
  std::vector<int64_t> ids;
  for (const Post& post : posts) ids.push_back(post.id);
  return ids;
}

class PostgresPostStoreTest : public testing::PostStoreFixture {
 protected:
  PostPage Page(const PageKey& key) { return Must(store_.ListPage(key, Soon())); }
};

TEST_F(PostgresPostStoreTest, UserIsThereWithGenerationOne) {
  const User made = Must(store_.CreateUser("ada", "ada@example.com", Soon()));
  EXPECT_EQ(made.id, 1);
  EXPECT_EQ(made.generation, 1);
  const User user = Must(store_.GetUser(made.id, Soon()));
  EXPECT_EQ(user.username, "ada");
  EXPECT_EQ(user.email, "ada@example.com");
  EXPECT_EQ(user.generation, 1);
  EXPECT_EQ(user.created_at, made.created_at);
  EXPECT_LT(std::chrono::abs(user.created_at - std::chrono::system_clock::now()),
            std::chrono::minutes(1));
}

TEST_F(PostgresPostStoreTest, WhatIsTakenIsNamed) {
  AddUser("ada");
  absl::Status status = Await(store_.CreateUser("ada", "other@example.com", Soon())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(base::MessageOf(status), StartsWith("username: "));
  status = Await(store_.CreateUser("other", "ADA@example.com", Soon())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(base::MessageOf(status), StartsWith("email: "));
  EXPECT_EQ(Ask("SELECT count(*) FROM users"), "1");
}

TEST_F(PostgresPostStoreTest, UnknownIsNotFoundAndLeavesNothing) {
  EXPECT_TRUE(absl::IsNotFound(Await(store_.GetUser(7, Soon())).status()));
  EXPECT_TRUE(absl::IsNotFound(Await(store_.GetPost(7, Soon())).status()));
  EXPECT_TRUE(absl::IsNotFound(Await(store_.CreatePost(7, "hello", Soon())).status()));
  EXPECT_TRUE(absl::IsNotFound(Await(store_.UpdatePost(7, "hello", Soon())).status()));
  EXPECT_TRUE(absl::IsNotFound(Await(store_.DeletePost(7, Soon())).status()));
  EXPECT_EQ(Must(store_.GetGeneration(7, Soon())), 0);
  const PostPage page = Page({.user_id = 7});
  EXPECT_EQ(page.generation, 0);
  EXPECT_THAT(page.posts, IsEmpty());
  EXPECT_EQ(Ask("SELECT count(*) FROM cache_invalidations"), "0");
}

TEST_F(PostgresPostStoreTest, EachWriteRaisesTheGenerationAndLeavesAnInvalidation) {
  const int64_t user = AddUser();
  const Post made = AddPost(user, "first");
  EXPECT_EQ(made.version, 2);
  EXPECT_EQ(made.user_id, user);
  EXPECT_EQ(made.created_at, made.updated_at);
  EXPECT_EQ(Must(store_.GetPost(made.id, Soon())), made);

  const Post changed = Must(store_.UpdatePost(made.id, "second", Soon()));
  EXPECT_EQ(changed.version, 3);
  EXPECT_EQ(changed.content, "second");
  EXPECT_EQ(changed.created_at, made.created_at);
  EXPECT_GT(changed.updated_at, made.updated_at);
  EXPECT_EQ(Must(store_.GetPost(made.id, Soon())), changed);

  const DeletedPost gone = Must(store_.DeletePost(made.id, Soon()));
  EXPECT_EQ(gone.user_id, user);
  EXPECT_EQ(gone.generation, 4);
  EXPECT_TRUE(absl::IsNotFound(Await(store_.GetPost(made.id, Soon())).status()));
  EXPECT_EQ(Must(store_.GetGeneration(user, Soon())), 4);

  EXPECT_THAT(Query("SELECT user_id, post_id, generation FROM cache_invalidations ORDER BY id"),
              ElementsAre(ElementsAre("1", "NULL", "1"), ElementsAre("1", "1", "2"),
                          ElementsAre("1", "1", "3"), ElementsAre("1", "1", "4")));
}

TEST_F(PostgresPostStoreTest, PagesByCursorAndByOffset) {
  const int64_t ada = AddUser("ada");
  const int64_t bob = AddUser("bob");
  for (int i = 0; i < 5; ++i) {
    AddPost(ada);
    AddPost(bob);
  }
  PostPage page = Page({.user_id = ada, .limit = 2});
  EXPECT_EQ(page.generation, 6);
  EXPECT_THAT(Ids(page.posts), ElementsAre(9, 7));
  EXPECT_TRUE(page.has_more);
  page = Page({.user_id = ada, .limit = 2, .before_id = 7});
  EXPECT_THAT(Ids(page.posts), ElementsAre(5, 3));
  EXPECT_TRUE(page.has_more);
  page = Page({.user_id = ada, .limit = 2, .before_id = 3});
  EXPECT_THAT(Ids(page.posts), ElementsAre(1));
  EXPECT_FALSE(page.has_more);
  page = Page({.user_id = ada, .limit = 2, .before_id = 1});
  EXPECT_EQ(page.generation, 6) << "there is the user, if no post";
  EXPECT_THAT(page.posts, IsEmpty());
  page = Page({.user_id = bob, .limit = 3, .offset = 2});
  EXPECT_THAT(Ids(page.posts), ElementsAre(6, 4, 2));
  EXPECT_FALSE(page.has_more);
  EXPECT_THAT(Page({.user_id = bob, .limit = 3, .offset = 5}).posts, IsEmpty());
  EXPECT_THAT(Page({.user_id = bob, .limit = 2, .before_id = 8, .offset = 1}).posts, SizeIs(2));
}

TEST_F(PostgresPostStoreTest, FullPageOfTheLargestSizeKnowsWhetherThereIsMore) {
  const int64_t user = AddUser();
  Query(
      "INSERT INTO posts (user_id, content, generation) SELECT 1, 'x', 1 FROM "
      "generate_series(1, 101)");
  PostPage page = Page({.user_id = user, .limit = kMaxPageSize});
  EXPECT_THAT(page.posts, SizeIs(100));
  EXPECT_TRUE(page.has_more);
  page = Page({.user_id = user, .limit = kMaxPageSize, .offset = 1});
  EXPECT_THAT(page.posts, SizeIs(100));
  EXPECT_FALSE(page.has_more);
}

TEST_F(PostgresPostStoreTest, PageThatIsNoneIsRefused) {
  for (const PageKey& key : {PageKey{.user_id = 1, .limit = 0}, PageKey{.user_id = 1, .limit = 101},
                             PageKey{.user_id = 1, .offset = -1}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Await(store_.ListPage(key, Soon())).status()));
  }
}

TEST_F(PostgresPostStoreTest, NewestPostsOfManyUsers) {
  const int64_t ada = AddUser("ada");
  const int64_t bob = AddUser("bob");
  const int64_t cid = AddUser("cid");
  for (int i = 0; i < 3; ++i) AddPost(ada);
  AddPost(bob);
  const auto pages = Must(store_.ListNewest({bob, 99, ada, cid}, 2, std::nullopt, Soon()));
  ASSERT_THAT(pages, SizeIs(4));
  EXPECT_THAT(Ids(pages[0].posts), ElementsAre(4));
  EXPECT_FALSE(pages[0].has_more);
  EXPECT_EQ(pages[1].generation, 0);
  EXPECT_THAT(Ids(pages[2].posts), ElementsAre(3, 2));
  EXPECT_EQ(pages[2].posts[0].user_id, ada);
  EXPECT_TRUE(pages[2].has_more);
  EXPECT_EQ(pages[2].generation, 4);
  EXPECT_EQ(pages[3].generation, 1);
  EXPECT_THAT(pages[3].posts, IsEmpty());
  const auto below = Must(store_.ListNewest({ada}, 2, 2, Soon()));
  EXPECT_THAT(Ids(below[0].posts), ElementsAre(1));
}

TEST_F(PostgresPostStoreTest, PostsByIds) {
  const int64_t user = AddUser();
  for (int i = 0; i < 3; ++i) AddPost(user);
  EXPECT_THAT(Ids(Must(store_.GetPosts({3, 1, 77}, Soon()))), UnorderedElementsAre(1, 3));
  EXPECT_THAT(Must(store_.GetPosts({}, Soon())), IsEmpty());
}

TEST_F(PostgresPostStoreTest, TextComesBackAsItWas) {
  const int64_t user = AddUser();
  const std::string content = "tab\t, line\n, \\, ', \", {}, \xF0\x9F\x90\x98, $1";
  EXPECT_EQ(Must(store_.GetPost(AddPost(user, content).id, Soon())).content, content);
  const Post empty = AddPost(user, "");
  EXPECT_EQ(Must(store_.GetPost(empty.id, Soon())).content, "");
}

TEST_F(PostgresPostStoreTest, TextThatPostgresDoesNotTakeIsRefusedWhole) {
  const int64_t user = AddUser();
  for (const std::string& content : {std::string("a\0b", 3), std::string("\xFF")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Await(store_.CreatePost(user, content, Soon())).status()));
  }
  EXPECT_EQ(Must(store_.GetGeneration(user, Soon())), 1);
}

}  // namespace
}  // namespace trellis::post
