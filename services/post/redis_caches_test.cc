// The caches' adapters and scripts on a real cluster.
#include <set>

#include "mesh/redis/testing/cluster_fixture.h"
#include "services/post/cache_keys.h"
#include "services/post/generation_record.h"
#include "services/post/redis_invalidator.h"
#include "services/post/redis_object_cache.h"
#include "services/post/redis_page_cache.h"

namespace trellis::post {
namespace {

using base::Deadline;
using base::milliseconds;

class RedisCachesTest : public redis::testing::ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    pages_ = std::make_unique<RedisPageCache>(client(), settings_);
    objects_ = std::make_unique<RedisObjectCache>(client(), settings_);
    invalidator_ = std::make_unique<RedisInvalidator>(client(), settings_);
    // A user of its own for each test.
    static int64_t last = 0;
    user_ = ++last;
  }

  static Deadline Soon() { return Deadline::After(milliseconds(8'000)); }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  template <typename T>
  T Must(Async<T> call) {
    absl::StatusOr<T> result = Await(std::move(call));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : T();
  }
  Async<bool> Done(boost::asio::awaitable<void> call) {
    co_await std::move(call);
    co_return true;
  }

  [[nodiscard]] PageKey Key(int limit = 10) const { return {.user_id = user_, .limit = limit}; }
  [[nodiscard]] std::string PageKeyText() const {
    return "user:{" + std::to_string(user_) + "}:posts:" + PageName(Key());
  }
  PageLook Look() { return Must(pages_->Look(Key(), Soon())); }
  PageLease Lease(int limit = 10) {
    std::vector<PageKey> keys(1, Key(limit));
    return Await(pages_->Lease(std::move(keys), Soon())).front().value();
  }
  bool Fill(const PageLease& lease, int64_t generation, int limit = 10) {
    CachedPage page;
    page.generation = generation;
    page.posts.assign({{9, generation}, {4, 1}});
    std::vector<PageFill> fills(1, {Key(limit), lease, page});
    return Await(pages_->Fill(std::move(fills), Soon())).front().value();
  }
  void Announce(int64_t generation, std::optional<int64_t> post_id = {}) {
    std::vector<Invalidation> writes(
        1, {.user_id = user_, .post_id = post_id, .generation = generation});
    EXPECT_TRUE(Await(invalidator_->Announce(std::move(writes), Soon())).front().ok());
  }
  GenerationRecord Record() { return ParseGenerationRecord(Get(RecordKey(user_)).reply->Text()); }
  void Delete(const std::string& key) {
    EXPECT_TRUE(Execute({key, redis::Command("DEL", key), true}).reply.ok());
  }
  int64_t TimeToLive(const std::string& key) {
    return Execute({key, redis::Command("PTTL", key), true}).reply->Integer();
  }
  // Of post ids that no other test uses.
  [[nodiscard]] int64_t Id(int64_t i = 0) const { return user_ * 1000 + i; }
  ObjectCapture Capture() { return Must(objects_->Capture(Id(), Soon())); }
  void FillObject(const ObjectCapture& capture, PostObject object) {
    Must(Done(objects_->Fill(Id(), capture, std::move(object), Soon())));
  }
  void PutListed(PostObject object) {
    std::vector<int64_t> ids(1, Id());
    std::vector<PostObject> objects(1, std::move(object));
    Must(Done(objects_->PutListed(std::move(ids), std::move(objects), Soon())));
  }
  std::optional<PostObject> Listed(int64_t version) {
    std::vector<PostRef> refs(1, {Id(), version});
    const ListedViews listed = Await(objects_->GetListed(std::move(refs), Soon()));
    const std::optional<PostObjectView>& view = listed.objects.front();
    if (!view) return std::nullopt;
    return PostObject{view->version, std::string(view->bytes)};
  }

  CacheSettings settings_;
  std::unique_ptr<RedisPageCache> pages_;
  std::unique_ptr<RedisObjectCache> objects_;
  std::unique_ptr<RedisInvalidator> invalidator_;
  int64_t user_ = 0;
};

TEST_F(RedisCachesTest, APageIsThereAfterItsFill) {
  EXPECT_FALSE(Look().page);
  EXPECT_FALSE(Look().generation);
  const PageLease lease = Lease();
  EXPECT_TRUE(lease.granted);
  EXPECT_TRUE(Fill(lease, 5));
  const PageLook look = Look();
  EXPECT_EQ(look.generation, 5);
  ASSERT_TRUE(look.page);
  EXPECT_EQ(look.page->posts, (std::vector<PostRef>{{9, 5}, {4, 1}}));
  EXPECT_GT(look.page->expires_at, std::chrono::system_clock::now());
  EXPECT_EQ(Must(pages_->Generation(user_, Soon())), 5);
  // Up to a tenth sooner than all others.
  EXPECT_LE(TimeToLive(PageKeyText()), settings_.page_lifetime.count());
  EXPECT_GE(TimeToLive(PageKeyText()), settings_.page_lifetime.count() * 8 / 10);
  EXPECT_GT(TimeToLive(RecordKey(user_)), settings_.record_lifetime.count() / 2);
}

TEST_F(RedisCachesTest, OneHasTheLeaseUntilItIsFilledReleasedOrLapses) {
  const PageLease first = Lease();
  EXPECT_TRUE(first.granted);
  EXPECT_FALSE(Lease().granted);
  EXPECT_TRUE(Lease(20).granted);  // another page
  EXPECT_LE(TimeToLive(PageKeyText() + ":lease"), settings_.lease.count());
  // Not by somebody else.
  PageLease other = first;
  other.token = "other";
  Must(Done(pages_->Release(Key(), other, Soon())));
  EXPECT_FALSE(Lease().granted);
  Must(Done(pages_->Release(Key(), first, Soon())));
  const PageLease second = Lease();
  EXPECT_TRUE(second.granted);
  EXPECT_TRUE(Fill(second, 1));
  EXPECT_TRUE(Lease().granted);
}

TEST_F(RedisCachesTest, AWriteAfterTheCaptureRefusesTheFill) {
  const PageLease lease = Lease();
  Announce(6);
  EXPECT_FALSE(Fill(lease, 5));
  EXPECT_FALSE(Look().page);
  EXPECT_TRUE(Lease().granted) << "a refused fill keeps its lease";
}

TEST_F(RedisCachesTest, WithoutComparingItWouldBeKept) {
  settings_.compare_at_fill = false;
  pages_ = std::make_unique<RedisPageCache>(client(), settings_);
  const PageLease lease = Lease();
  Announce(6);
  EXPECT_TRUE(Fill(lease, 5));
  EXPECT_EQ(Look().page->generation, 5);
}

TEST_F(RedisCachesTest, AWriteBeforeTheFillHidesThePageAfterIt) {
  EXPECT_TRUE(Fill(Lease(), 5));
  Announce(6);
  EXPECT_FALSE(Look().page);
  EXPECT_EQ(Look().generation, 6);  // it stays trusted: it only rose
  Announce(3);                      // late
  EXPECT_EQ(Look().generation, 6);
}

// The record is lost between capture and fill, with what was announced to it: the fill must not
// take a new one for the old.
TEST_F(RedisCachesTest, ALostRecordRefusesTheFill) {
  const PageLease lease = Lease();
  Delete(RecordKey(user_));
  EXPECT_FALSE(Fill(lease, 5));
  const PageLease again = Lease(20);
  Delete(RecordKey(user_));
  Announce(6);
  Delete(RecordKey(user_));
  (void)Lease(30);  // another reader makes a record anew
  EXPECT_FALSE(Fill(again, 5, 20));
}

TEST_F(RedisCachesTest, AConfirmedRecordOfTheSameGenerationTakesFurtherPages) {
  const PageLease a = Lease(), b = Lease(20);
  EXPECT_TRUE(Fill(a, 5));
  EXPECT_TRUE(Fill(b, 5, 20));
  EXPECT_FALSE(Fill(b, 4, 20)) << "of an older snapshot";
  EXPECT_EQ(Look().page->generation, 5);
}

TEST_F(RedisCachesTest, ThatAUserIsNotThereIsKeptUntilItIs) {
  EXPECT_TRUE(Fill(Lease(), 0));
  EXPECT_EQ(Look().page->generation, 0);
  Announce(1);
  EXPECT_FALSE(Look().page);
}

TEST_F(RedisCachesTest, ARecordThatIsNoneIsMadeAnew) {
  ASSERT_TRUE(Set(RecordKey(user_), "rubbish").reply.ok());
  EXPECT_FALSE(Look().generation);
  Announce(4);
  EXPECT_EQ(Record().generation, 4);
  EXPECT_FALSE(Look().generation) << "nobody has confirmed it";
  EXPECT_TRUE(Fill(Lease(), 4));
  EXPECT_EQ(Look().generation, 4);
}

TEST_F(RedisCachesTest, ManyLooksAnswerInTheirOrder) {
  EXPECT_TRUE(Fill(Lease(), 5));
  std::vector<PageKey> keys = {{.user_id = 1'000'000 + user_, .limit = 10}, Key(), Key(20)};
  const auto looks = Await(pages_->LookMany(std::move(keys), Soon()));
  ASSERT_EQ(looks.size(), 3u);
  EXPECT_FALSE(looks[0]->page);
  EXPECT_TRUE(looks[1]->page);
  EXPECT_FALSE(looks[2]->page);
  EXPECT_EQ(looks[2]->generation, 5);
}

TEST_F(RedisCachesTest, APostIsTrustedAfterCaptureAndFill) {
  const ObjectCapture capture = Capture();
  EXPECT_FALSE(capture.object);
  FillObject(capture, {5, "bytes\0 o x"});
  const ObjectCapture again = Capture();
  ASSERT_TRUE(again.object);
  EXPECT_EQ(again.object->version, 5);
  EXPECT_EQ(again.object->bytes, std::string("bytes\0 o x"));
  EXPECT_TRUE(Listed(5));
  EXPECT_FALSE(Listed(6)) << "older than the list";
}

TEST_F(RedisCachesTest, AWriteAfterTheCaptureRefusesThePost) {
  const ObjectCapture capture = Capture();
  Announce(6, Id());
  FillObject(capture, {5, "old"});
  EXPECT_FALSE(Capture().object);
  EXPECT_FALSE(Listed(1));
}

TEST_F(RedisCachesTest, AWriteForgetsThePost) {
  FillObject(Capture(), {5, "old"});
  Announce(6, Id());
  EXPECT_FALSE(Capture().object);
  EXPECT_LE(TimeToLive(ObjectKey(Id())), settings_.placeholder_lifetime.count());
  FillObject(Capture(), {6, "new"});
  Announce(5, Id());  // late
  EXPECT_EQ(Capture().object->bytes, "new");
}

TEST_F(RedisCachesTest, ALostPlaceholderRefusesThePost) {
  const ObjectCapture capture = Capture();
  Delete(ObjectKey(Id()));
  FillObject(capture, {5, "old"});
  EXPECT_FALSE(Listed(1));
  (void)Capture();
  FillObject(capture, {5, "old"});
  EXPECT_FALSE(Listed(1)) << "another's placeholder was taken for its own";
}

TEST_F(RedisCachesTest, ListedPostsAreTrustedOnlyByTheirLists) {
  PutListed({5, "five"});
  EXPECT_EQ(Listed(5)->bytes, "five");
  PutListed({4, "four"});
  EXPECT_EQ(Listed(4)->bytes, "five");
  PutListed({6, "six"});
  EXPECT_EQ(Listed(6)->bytes, "six");
  const ObjectCapture capture = Capture();
  EXPECT_FALSE(capture.object);
  PutListed({7, "seven"});
  FillObject(capture, {6, "six"});
  EXPECT_EQ(Listed(6)->bytes, "seven") << "a later version made way for an earlier";
}

TEST_F(RedisCachesTest, AListedPostOfTheVersionTakesThePlaceholder) {
  Announce(6, Id());
  PutListed({5, "five"});
  EXPECT_FALSE(Listed(5));
  PutListed({6, "six"});
  EXPECT_EQ(Listed(6)->bytes, "six");
}

TEST_F(RedisCachesTest, ScriptsAreLoadedWhereTheyAreLost) {
  for (int node = 0; node < 3; ++node) (void)servers().Run(node, {"SCRIPT", "FLUSH"});
  Announce(3, Id());
  EXPECT_TRUE(Fill(Lease(), 3));
  PutListed({3, "three"});
  EXPECT_EQ(Listed(3)->bytes, "three");
}

// The last, since roles change: what a promoted replica holds may have missed a write.
TEST_F(RedisCachesTest, AfterAFailoverNothingIsTrustedUntilItIsConfirmed) {
  EXPECT_TRUE(Fill(Lease(), 5));
  FillObject(Capture(), {5, "five"});
  ASSERT_TRUE(Look().page);
  ASSERT_TRUE(Capture().object);
  std::set<int> masters = {servers().MasterOf(redis::KeySlot(RecordKey(user_))),
                           servers().MasterOf(redis::KeySlot(ObjectKey(Id())))};
  for (const int master : masters) servers().FailOver(servers().ReplicaOf(master));
  EXPECT_TRUE(RunUntil([&] {
    const auto look = Await(pages_->Look(Key(), Soon()));
    return look.ok() && !look->page;
  }));
  EXPECT_EQ(Record().generation, 5) << "the replica has it; it is not trusted all the same";
  EXPECT_FALSE(Look().generation);
  EXPECT_FALSE(Capture().object);
  EXPECT_TRUE(Fill(Lease(), 5));
  EXPECT_TRUE(Look().page);
  FillObject(Capture(), {5, "five"});
  EXPECT_TRUE(Capture().object);
}

// A lease of the life before does not stand for one of this.
TEST_F(RedisCachesTest, AFillAcrossAFailoverIsNotTrusted) {
  const PageLease lease = Lease();
  servers().FailOver(servers().ReplicaOf(servers().MasterOf(redis::KeySlot(RecordKey(user_)))));
  ASSERT_TRUE(RunUntil([&] { return Await(pages_->Look(Key(), Soon())).ok(); }));
  CachedPage page;
  page.generation = 5;
  std::vector<PageFill> fills(1, {Key(), lease, page});
  (void)Await(pages_->Fill(std::move(fills), Soon()));
  EXPECT_FALSE(Look().page);
  EXPECT_FALSE(Look().generation);
}

TEST_F(RedisCachesTest, ARestartIsAnotherLife) {
  EXPECT_TRUE(Fill(Lease(), 5));
  const int master = servers().MasterOf(redis::KeySlot(RecordKey(user_)));
  EXPECT_TRUE(invalidator_->IsReachable(user_));
  (void)servers().Run(master, {"SAVE"});
  servers().Kill(master);
  servers().Start(master);
  servers().WaitUntilOk();
  EXPECT_TRUE(RunUntil([&] {
    const auto look = Await(pages_->Look(Key(), Soon()));
    return look.ok() && invalidator_->IsReachable(user_);
  }));
  EXPECT_FALSE(Look().page);
  EXPECT_TRUE(Fill(Lease(), 5));
  EXPECT_TRUE(Look().page);
}

}  // namespace
}  // namespace trellis::post
