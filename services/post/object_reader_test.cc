#include "services/post/object_reader.h"

#include "services/post/cache_keys.h"
#include "services/post/feed.h"
#include "services/post/testing/domain_fixture.h"
#include "services/post/wire.h"

namespace trellis::post {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ObjectReaderTest : public testing::DomainFixture {
 protected:
  ObjectReaderTest() : user_(AddUser()), post_(AddPost(user_, "a")) {}

  std::string Content(int64_t id, int64_t min_generation = 0) {
    v1::Post post;
    EXPECT_TRUE(post.ParseFromString(Must(objects_.Read(id, min_generation, Soon())).bytes));
    return post.content();
  }

  int64_t user_;
  Post post_;
};

TEST_F(ObjectReaderTest, APostIsReadFromPostgresOnce) {
  EXPECT_EQ(Content(post_.id), "a");
  EXPECT_EQ(Content(post_.id), "a");
  EXPECT_EQ(store_.Calls("GetPost"), 1);
  EXPECT_EQ(counters_.object_hits.Value(), 1);
  EXPECT_EQ(counters_.object_misses.Value(), 1);
}

TEST_F(ObjectReaderTest, AnAnnouncedChangeIsSeen) {
  Content(post_.id);
  const Post changed = Must(store_.UpdatePost(post_.id, "b", Soon()));
  ASSERT_TRUE(
      Announce({.user_id = user_, .post_id = post_.id, .generation = changed.version}).ok());
  EXPECT_EQ(Content(post_.id), "b");
}

TEST_F(ObjectReaderTest, ADeletionIsSeen) {
  Content(post_.id);
  const DeletedPost gone = Must(store_.DeletePost(post_.id, Soon()));
  ASSERT_TRUE(
      Announce({.user_id = user_, .post_id = post_.id, .generation = gone.generation}).ok());
  EXPECT_EQ(Await(objects_.Read(post_.id, 0, Soon())).status().code(), absl::StatusCode::kNotFound);
}

// What only a list vouches for may be old: a list with it may be from before the last change.
TEST_F(ObjectReaderTest, WhatCameWithAListIsNotTrustedWithoutIt) {
  Await([](ObjectReader& objects, Post post) -> boost::asio::awaitable<bool> {
    std::vector<Post> posts(1, post);
    co_await objects.Keep(posts, Soon());
    co_return true;
  }(objects_, post_));
  Must(store_.UpdatePost(post_.id, "b", Soon()));
  EXPECT_EQ(Content(post_.id), "b");
}

TEST_F(ObjectReaderTest, AnotherLifeOfTheNodeIsNotTrusted) {
  Content(post_.id);
  Must(store_.UpdatePost(post_.id, "b", Soon()));
  EXPECT_EQ(Content(post_.id), "a");  // nobody was told
  cluster_.set_incarnation(2);
  EXPECT_EQ(Content(post_.id), "b");
}

TEST_F(ObjectReaderTest, MinGenerationAsksPostgresWhereTheCacheIsOlder) {
  Content(post_.id);
  const Post changed = Must(store_.UpdatePost(post_.id, "b", Soon()));
  EXPECT_EQ(Content(post_.id, changed.version), "b");
}

TEST_F(ObjectReaderTest, AFillThatAWriteOvertookIsNotKept) {
  store_.after = [this](std::string_view method) -> boost::asio::awaitable<absl::Status> {
    if (method != "GetPost") co_return absl::OkStatus();
    store_.after = nullptr;
    const auto changed = co_await store_.UpdatePost(post_.id, "b", Soon());
    std::vector<Invalidation> writes(
        1, {.user_id = user_, .post_id = post_.id, .generation = changed->version});
    const auto told = co_await invalidator_.Announce(std::move(writes), Soon());
    co_return told.front();
  };
  EXPECT_EQ(Content(post_.id), "a");
  EXPECT_EQ(Content(post_.id), "b");
}

TEST_F(ObjectReaderTest, ListedPostsThatAreMissingComeByOneQuery) {
  const Post second = AddPost(user_, "b");
  std::vector<PostRef> refs = {{second.id, second.version}, {post_.id, post_.version}};
  const ListedObjects listed = Must(objects_.ReadListed(refs, Soon()));
  EXPECT_TRUE(listed.exact);
  EXPECT_THAT(listed.objects, ::testing::SizeIs(2));
  EXPECT_EQ(store_.Calls("GetPosts"), 1);
  EXPECT_EQ(Must(objects_.ReadListed(refs, Soon())).objects.size(), 2u);
  EXPECT_EQ(store_.Calls("GetPosts"), 1);
}

TEST_F(ObjectReaderTest, ListedPostsThatChangedOrWentAreNotExact) {
  const Post changed = Must(store_.UpdatePost(post_.id, "b", Soon()));
  std::vector<PostRef> old(1, {post_.id, post_.version});
  const ListedObjects newer = Must(objects_.ReadListed(old, Soon()));
  EXPECT_FALSE(newer.exact);
  EXPECT_EQ(newer.objects.front().version, changed.version);
  Must(store_.DeletePost(post_.id, Soon()));
  cluster_.Clear();
  const ListedObjects none = Must(objects_.ReadListed(old, Soon()));
  EXPECT_FALSE(none.exact);
  EXPECT_THAT(none.objects, IsEmpty());
}

TEST_F(ObjectReaderTest, WithoutRedisPostgresAnswers) {
  cluster_.set_away([](std::string_view) { return true; });
  EXPECT_EQ(Content(post_.id), "a");
  EXPECT_EQ(counters_.bypassed.Value(), 1);
  std::vector<PostRef> refs(1, {post_.id, post_.version});
  EXPECT_EQ(Must(objects_.ReadListed(refs, Soon())).objects.size(), 1u);
}

class FeedTest : public testing::DomainFixture {
 protected:
  v1::ListPostsResponse Read(std::vector<int64_t> users, int limit,
                             std::optional<int64_t> before = {}) {
    return Parsed(Must(feed_.Read(std::move(users), limit, before, Soon())));
  }
  static std::vector<int64_t> Ids(const v1::ListPostsResponse& page) {
    std::vector<int64_t> ids;
    for (const v1::Post& post : page.data()) ids.push_back(post.id());
    return ids;
  }
  std::unique_ptr<PageReader> pages_ = MakeReader();
  Feed feed_{*pages_, objects_};
};

TEST_F(FeedTest, MergesUsersNewestFirst) {
  const int64_t a = AddUser("a"), b = AddUser("b");
  for (const int64_t user : {a, b, b, a, b}) AddPost(user);  // 1 to 5
  const v1::ListPostsResponse page = Read({a, b, b, 99}, 3);
  EXPECT_THAT(Ids(page), ElementsAre(5, 4, 3));
  EXPECT_TRUE(page.has_more());
  const v1::ListPostsResponse rest = Read({b, a}, 3, IdOfCursor(page.next_cursor()));
  EXPECT_THAT(Ids(rest), ElementsAre(2, 1));
  EXPECT_FALSE(rest.has_more());
  EXPECT_THAT(rest.next_cursor(), IsEmpty());
}

TEST_F(FeedTest, ListsAreSharedWithTheUsersPages) {
  const int64_t a = AddUser("a"), b = AddUser("b");
  AddPost(a);
  AddPost(b);
  Read({a, b}, 10);
  EXPECT_EQ(Must(pages_->Read({.user_id = a, .limit = 10}, Soon())).generation, 2);
  EXPECT_EQ(store_.Calls("ListPage"), 0);
  EXPECT_EQ(store_.Calls("ListNewest"), 1);
  Read({a, b}, 10);
  EXPECT_EQ(store_.Calls("ListNewest"), 1);
}

TEST_F(FeedTest, WithoutRedisPostgresAnswersAndItCountsAsThat) {
  const int64_t a = AddUser("a");
  AddPost(a);
  cluster_.set_away([](std::string_view) { return true; });
  EXPECT_THAT(Ids(Read({a}, 10)), ElementsAre(1));
  EXPECT_EQ(counters_.bypassed.Value(), 1);
  EXPECT_EQ(counters_.list_misses.Value(), 0);
}

}  // namespace
}  // namespace trellis::post
