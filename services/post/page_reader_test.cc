#include "services/post/page_reader.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "services/post/cache_keys.h"
#include "services/post/generation_record.h"
#include "services/post/testing/domain_fixture.h"

namespace trellis::post {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;

class PageReaderTest : public testing::DomainFixture {
 protected:
  PageReaderTest() : reader_(MakeReader()) {
    user_ = AddUser();
    for (const char* content : {"1", "2", "3"}) posts_.push_back(AddPost(user_, content));
  }
  v1::ListPostsResponse Read(PageReader& reader) {
    const PageAnswer answer = Must(reader.Read(Key(), Soon()));
    return answer.wire ? Parsed(answer.wire) : v1::ListPostsResponse();
  }
  v1::ListPostsResponse Read() { return Read(*reader_); }
  [[nodiscard]] PageKey Key() const { return {.user_id = user_, .limit = 10}; }
  [[nodiscard]] std::string LeaseKey() const {
    return "user:{" + std::to_string(user_) + "}:posts:" + PageName(Key()) + ":lease";
  }
  static std::vector<std::string> Contents(const v1::ListPostsResponse& page) {
    std::vector<std::string> contents;
    for (const v1::Post& post : page.data()) contents.push_back(post.content());
    return contents;
  }
  // Lists wait until Open().
  void Hold() {
    gate_.expires_at(base::SteadyTime::max());
    store_.before = [this](std::string_view method) -> asio::awaitable<absl::Status> {
      if (method != "ListPage") co_return absl::OkStatus();
      boost::system::error_code ignored;
      co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      co_return absl::OkStatus();
    };
  }
  void Open() { gate_.expires_at(base::SteadyTime::min()); }

  asio::steady_timer gate_{context_};
  std::unique_ptr<PageReader> reader_;
  int64_t user_ = 0;
  std::vector<Post> posts_;
};

TEST_F(PageReaderTest, SecondReadAsksPostgresForNothing) {
  EXPECT_THAT(Contents(Read()), ElementsAre("3", "2", "1"));
  EXPECT_THAT(Contents(Read()), ElementsAre("3", "2", "1"));
  EXPECT_EQ(store_.Calls("ListPage"), 1);
  EXPECT_EQ(store_.Calls("GetPosts"), 0);
  EXPECT_EQ(counters_.list_hits.Value(), 1);
  EXPECT_EQ(counters_.object_hits.Value(), 3);
}

TEST_F(PageReaderTest, AnAnnouncedWriteIsSeen) {
  Read();
  const Post post = AddPost(user_, "4");
  ASSERT_TRUE(Announce({.user_id = user_, .generation = post.version}).ok());
  const v1::ListPostsResponse page = Read();
  EXPECT_THAT(Contents(page), ElementsAre("4", "3", "2", "1"));
  EXPECT_EQ(page.generation(), post.version);
}

TEST_F(PageReaderTest, AFillThatAWriteOvertookIsNotKept) {
  Hold();
  const auto read = Begin(reader_->Read(Key(), Soon()));
  // Between the capture and the fill: the reader's snapshot may be from before the write.
  cluster_.set_before(
      [this, done = false](const auto& command) mutable -> asio::awaitable<absl::Status> {
        const bool is_fill = command[0] == "EVALSHA" && command[2] == "3";
        if (!is_fill || done) co_return absl::OkStatus();
        done = true;
        const auto post = co_await store_.CreatePost(user_, "4", Soon());
        std::vector<Invalidation> writes(1, {.user_id = user_, .generation = post->version});
        const auto told = co_await invalidator_.Announce(std::move(writes), Soon());
        co_return told.front();
      });
  Open();
  ASSERT_TRUE(RunUntil([&] { return read->has_value(); }));
  store_.before = nullptr;
  EXPECT_EQ(counters_.refused_fills.Value(), 1);
  EXPECT_THAT(Contents(Read()), ElementsAre("4", "3", "2", "1"));
}

// A failover to a replica that missed a write: what it holds is another's.
TEST_F(PageReaderTest, ARecordOfAnotherLifeIsNotTrusted) {
  Read();
  AddPost(user_, "4");  // its announcement was lost with the old master
  EXPECT_THAT(Contents(Read()), ElementsAre("3", "2", "1"));
  cluster_.set_incarnation(2);
  EXPECT_THAT(Contents(Read()), ElementsAre("4", "3", "2", "1"));
}

TEST_F(PageReaderTest, LostEntriesAreMadeAgain) {
  Read();
  cluster_.Delete(RecordKey(user_));
  EXPECT_EQ(Contents(Read()).size(), 3u);
  cluster_.Delete(ObjectKey(posts_[1].id));
  EXPECT_THAT(Contents(Read()), ElementsAre("3", "2", "1"));
  EXPECT_EQ(store_.Calls("GetPosts"), 1);
}

// Objects in later versions than the list's, whose announcements are on their way: with them the
// page would be one that never was.
TEST_F(PageReaderTest, APageShowsOneMoment) {
  Read();
  Must(store_.UpdatePost(posts_[0].id, "1, changed first", Soon()));
  const Post second = Must(store_.UpdatePost(posts_[2].id, "3, changed second", Soon()));
  // Another reader has put only the second one in.
  std::vector<Post> found(1, second);
  Await([](ObjectReader& objects, std::vector<Post> posts) -> asio::awaitable<bool> {
    co_await objects.Keep(posts, Soon());
    co_return true;
  }(objects_, std::move(found)));
  const v1::ListPostsResponse page = Read();
  EXPECT_THAT(Contents(page), ElementsAre("3, changed second", "2", "1, changed first"));
  EXPECT_EQ(page.generation(), second.version);
  EXPECT_EQ(counters_.overtaken.Value(), 1);
}

TEST_F(PageReaderTest, UnknownUsersAreKnownToBeNoneUntilTheyAre) {
  const PageKey key{.user_id = user_ + 1, .limit = 10};
  EXPECT_EQ(Must(reader_->Read(key, Soon())).generation, 0);
  EXPECT_EQ(Must(reader_->Read(key, Soon())).generation, 0);
  EXPECT_EQ(store_.Calls("ListPage"), 1);
  EXPECT_EQ(AddUser("grace"), user_ + 1);
  ASSERT_TRUE(Announce({.user_id = user_ + 1, .generation = 1}).ok());
  EXPECT_EQ(Must(reader_->Read(key, Soon())).generation, 1);
}

TEST_F(PageReaderTest, OneQueryForReadersOfManyProcesses) {
  Hold();
  const auto other = MakeReader();
  std::vector<std::shared_ptr<std::optional<absl::StatusOr<PageAnswer>>>> reads;
  for (int i = 0; i < 100; ++i) {
    reads.push_back(Begin((i % 2 == 0 ? *reader_ : *other).Read(Key(), Soon())));
  }
  Open();
  ASSERT_TRUE(RunUntil([&] {
    return std::all_of(reads.begin(), reads.end(), [](const auto& r) { return r->has_value(); });
  }));
  for (const auto& read : reads) EXPECT_TRUE((*read)->ok());
  EXPECT_EQ(store_.Calls("ListPage"), 1);
}

TEST_F(PageReaderTest, WithoutRedisPostgresAnswers) {
  cluster_.set_away([](std::string_view) { return true; });
  EXPECT_THAT(Contents(Read()), ElementsAre("3", "2", "1"));
  EXPECT_EQ(counters_.bypassed.Value(), 1);
}

// It died with the lease, which has long to run.
TEST_F(PageReaderTest, WhoWaitsInVainForAnotherProcessAsksPostgresItself) {
  cluster_.Set(LeaseKey(), "of a dead one");
  const PageAnswer answer = Must(reader_->Read(Key(), Soon(1500)));
  ASSERT_TRUE(answer.wire);
  EXPECT_THAT(Contents(Parsed(answer.wire)), ElementsAre("3", "2", "1"));
  EXPECT_EQ(store_.Calls("ListPage"), 1);
  EXPECT_EQ(counters_.bypassed.Value(), 1);
}

TEST_F(PageReaderTest, AFailedQueryGivesItsLeaseBack) {
  store_.before = [](std::string_view) -> asio::awaitable<absl::Status> {
    co_return absl::UnavailableError("away");
  };
  EXPECT_FALSE(Await(reader_->Read(Key(), Soon())).ok());
  Poll();
  EXPECT_FALSE(cluster_.Get(LeaseKey()));
}

// Others wait for the page, and would wait for a lease that nobody holds until it lapses.
TEST_F(PageReaderTest, AReaderThatIsCancelledMakesItsPageForTheOthers) {
  Hold();
  asio::cancellation_signal signal;
  const auto read = Begin(reader_->Read(Key(), Soon()), signal.slot());
  ASSERT_TRUE(cluster_.Get(LeaseKey()));
  signal.emit(asio::cancellation_type::terminal);
  Open();
  ASSERT_TRUE(RunUntil([&] { return read->has_value(); }));
  EXPECT_FALSE(cluster_.Get(LeaseKey()));
  EXPECT_EQ(Contents(Read()).size(), 3u);
  EXPECT_EQ(store_.Calls("ListPage"), 1);
}

TEST_F(PageReaderTest, ACancellationWhileTheLeaseIsOnItsWayLosesNone) {
  asio::steady_timer answer(context_, base::SteadyTime::max());
  cluster_.set_after([&answer](const auto& command) -> asio::awaitable<absl::Status> {
    const bool is_lease = command[0] == "EVALSHA" && command[2] == "2";
    if (!is_lease) co_return absl::OkStatus();
    boost::system::error_code ignored;
    co_await answer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return absl::OkStatus();
  });
  asio::cancellation_signal signal;
  const auto read = Begin(reader_->Read(Key(), Soon()), signal.slot());
  ASSERT_TRUE(cluster_.Get(LeaseKey()));
  signal.emit(asio::cancellation_type::terminal);
  Poll();
  answer.expires_at(base::SteadyTime::min());
  ASSERT_TRUE(RunUntil([&] { return read->has_value(); }));
  EXPECT_FALSE(cluster_.Get(LeaseKey()));
}

TEST_F(PageReaderTest, AFillThatFailsGivesItsLeaseBack) {
  cluster_.set_before([](const auto& command) -> asio::awaitable<absl::Status> {
    const bool is_fill = command[0] == "EVALSHA" && command[2] == "3";
    co_return is_fill ? absl::UnavailableError("lost") : absl::OkStatus();
  });
  EXPECT_EQ(Contents(Read()).size(), 3u);
  Poll();
  EXPECT_FALSE(cluster_.Get(LeaseKey()));
}

TEST_F(PageReaderTest, AFailedFeedGivesItsLeasesBack) {
  store_.before = [](std::string_view) -> asio::awaitable<absl::Status> {
    co_return absl::UnavailableError("away");
  };
  std::vector<PageKey> keys(1, Key());
  EXPECT_FALSE(Await(reader_->ReadLists(std::move(keys), Soon())).ok());
  Poll();
  EXPECT_FALSE(cluster_.Get(LeaseKey()));
}

TEST_F(PageReaderTest, AProcessOwnPageIsServedOnlyWhileItsGenerationHolds) {
  const auto reader = MakeReader({.local_bytes = 1 << 20});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Contents(Read(*reader)).size(), 3u);
  EXPECT_EQ(counters_.list_misses.Value(), 1);
  EXPECT_EQ(counters_.list_hits.Value(), 1);  // the second; it is taken in then
  EXPECT_EQ(counters_.local_hits.Value(), 2);
  const Post post = AddPost(user_, "4");
  ASSERT_TRUE(Announce({.user_id = user_, .generation = post.version}).ok());
  EXPECT_EQ(Contents(Read(*reader)).size(), 4u);
}

TEST_F(PageReaderTest, ADuePageIsMadeAnewBeforeItExpires) {
  Read();
  const std::string key = "user:{" + std::to_string(user_) + "}:posts:" + PageName(Key());
  CachedPage page = DecodePage(*cluster_.Get(key)).value();
  page.expires_at = std::chrono::system_clock::now() - base::milliseconds(1);
  cluster_.Set(key, EncodePage(page));
  EXPECT_EQ(Contents(Read()).size(), 3u);  // does not wait for it
  EXPECT_TRUE(RunUntil([&] { return store_.Calls("ListPage") == 2; }));
  EXPECT_EQ(counters_.early_refreshes.Value(), 1);
  Poll();
}

}  // namespace
}  // namespace trellis::post
