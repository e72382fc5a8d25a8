#include "services/post/testing/fake_post_store.h"

#include <algorithm>
#include <random>
#include <sstream>

#include "services/post/testing/post_store_fixture.h"

namespace trellis::post::testing {
namespace {

void Print(std::ostream& out, const Post& post) {
  out << " " << post.id << "/" << post.user_id << "/" << post.version << "/" << post.content;
}

void Print(std::ostream& out, const PostPage& page) {
  out << " generation " << page.generation << " more " << page.has_more;
  for (const Post& post : page.posts) Print(out, post);
}

// The fake and the real one are asked the same and must say the same, but for times.
class FakePostStoreTest : public PostStoreFixture {
 protected:
  // Any call, made of `random`; what came of it.
  std::string Ask(PostStore& store, std::mt19937 random) {
    const auto any = [&random](int from, int to) {
      return std::uniform_int_distribution<int>(from, to)(random);
    };
    std::ostringstream out;
    const auto tell = [&out](const auto& result) {
      if (!result.ok()) out << " " << result.status();
      return result.ok();
    };
    const int user = any(1, 4);  // the fourth there is not
    const int post = any(1, 40);
    switch (any(0, 8)) {
      case 0:
      case 1:
      case 2:
        out << "create";
        if (auto made = Await(store.CreatePost(user, "text", Soon())); tell(made)) {
          Print(out, *made);
        }
        break;
      case 3:
        out << "update";
        if (auto made = Await(store.UpdatePost(post, "other", Soon())); tell(made)) {
          Print(out, *made);
        }
        break;
      case 4:
        out << "delete";
        if (auto gone = Await(store.DeletePost(post, Soon())); tell(gone)) {
          out << " " << gone->user_id << "/" << gone->generation;
        }
        break;
      case 5: {
        out << "page";
        PageKey key{.user_id = user, .limit = any(1, 5), .offset = any(0, 1) * any(0, 9)};
        if (any(0, 1) == 1) key.before_id = post;
        if (auto page = Await(store.ListPage(key, Soon())); tell(page)) Print(out, *page);
        break;
      }
      case 6: {
        out << "newest";
        auto pages = Await(store.ListNewest({user, 1}, any(1, 5), std::nullopt, Soon()));
        if (tell(pages)) {
          for (const PostPage& page : *pages) Print(out, page);
        }
        break;
      }
      case 7: {
        out << "get";
        if (auto found = Await(store.GetPost(post, Soon())); tell(found)) Print(out, *found);
        auto several = Await(store.GetPosts({post, post + 1, post + 2}, Soon()));
        if (tell(several)) {
          std::sort(several->begin(), several->end(),
                    [](const Post& a, const Post& b) { return a.id < b.id; });
          for (const Post& each : *several) Print(out, each);
        }
        break;
      }
      default:
        out << "user";
        if (auto found = Await(store.GetUser(user, Soon())); tell(found)) {
          out << " " << found->username << "/" << found->email << "/" << found->generation;
        }
        if (auto generation = Await(store.GetGeneration(user, Soon())); tell(generation)) {
          out << " " << *generation;
        }
    }
    return out.str();
  }
  std::string Left(InvalidationOutbox& outbox) {
    std::ostringstream out;
    for (const Invalidation& row :
         Must(outbox.Take(base::milliseconds(0), base::milliseconds(60'000), 10'000, Soon()))) {
      out << row.id << ": " << row.user_id << "/" << row.post_id.value_or(0) << "/"
          << row.generation << "\n";
    }
    return out.str();
  }

  FakePostStore fake_;
};

TEST_F(FakePostStoreTest, SaysWhatTheRealOneSays) {
  std::mt19937 random(1);
  for (const char* name : {"ada", "bob", "cid"}) {
    AddUser(name);
    (void)Must(fake_.CreateUser(name, std::string(name) + "@example.com", Soon()));
  }
  for (int i = 0; i < 500; ++i) {
    random();
    ASSERT_EQ(Ask(fake_, random), Ask(store_, random)) << "call " << i;
  }
  const std::string left = Left(fake_);
  EXPECT_EQ(left, Left(outbox_));
  EXPECT_EQ(Left(fake_), "") << "all are leased";
  EXPECT_EQ(Left(outbox_), "");
}

TEST_F(FakePostStoreTest, NamesWhatIsTakenAsTheRealOneDoes) {
  for (PostStore* store : {static_cast<PostStore*>(&fake_), static_cast<PostStore*>(&store_)}) {
    (void)Must(store->CreateUser("ada", "ada@example.com", Soon()));
  }
  for (const auto& [username, email] :
       {std::pair("ada", "new@example.com"), std::pair("new", "Ada@example.com")}) {
    EXPECT_EQ(Await(fake_.CreateUser(username, email, Soon())).status(),
              Await(store_.CreateUser(username, email, Soon())).status());
  }
}

TEST_F(FakePostStoreTest, HooksFailACallBeforeOrAfterItsEffect) {
  (void)Must(fake_.CreateUser("ada", "ada@example.com", Soon()));
  const auto fail = [](std::string_view) -> boost::asio::awaitable<absl::Status> {
    co_return absl::UnavailableError("away");
  };
  fake_.before = fail;
  EXPECT_TRUE(absl::IsUnavailable(Await(fake_.CreatePost(1, "x", Soon())).status()));
  fake_.before = nullptr;
  EXPECT_EQ(Must(fake_.GetGeneration(1, Soon())), 1);
  fake_.after = fail;
  EXPECT_TRUE(absl::IsUnavailable(Await(fake_.CreatePost(1, "x", Soon())).status()));
  fake_.after = nullptr;
  EXPECT_EQ(Must(fake_.GetGeneration(1, Soon())), 2);
  EXPECT_EQ(fake_.Calls("CreatePost"), 2);
}

}  // namespace
}  // namespace trellis::post::testing
