#include <gmock/gmock.h>

#include <set>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_post_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

namespace v1 = post::v1;
using ::testing::ElementsAre;
using testing::FakePostService;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::RunCli;
using ::testing::StartsWith;
using testing::World;

class PostCommandTest : public ::testing::Test {
 protected:
  PostCommandTest() {
    world_.commands = AllCommands();
    world_.environment["POST_ADDR"] = service_.address();
    AddUser(1);
  }
  Outcome Run(const std::vector<std::string>& words) { return RunCli(world_, words); }
  Outcome Post(std::vector<std::string> words) {
    words.insert(words.begin(), "post");
    return Run(words);
  }
  void AddUser(int64_t id) {
    v1::User user;
    user.set_id(id);
    user.set_username("ada");
    user.set_email("ada@example.com");
    user.set_generation(7);
    service_.users[id] = user;
  }
  void AddPosts(int count, int64_t user = 1) {
    for (int i = 0; i < count; ++i) {
      v1::Post post;
      post.set_id(static_cast<int64_t>(service_.posts.size()) + 1);
      post.set_user_id(user);
      post.set_content("post\x1b[2J " + std::to_string(post.id()));
      post.set_generation(3);
      post.mutable_created_at()->set_seconds(Now() - 192);
      post.mutable_updated_at()->set_seconds(Now() - 192);
      service_.posts[post.id()] = post;
    }
  }
  int64_t Now() const { return base::UnixMillis(world_.clock.WallNow()) / 1000; }

  FakePostService service_;
  World world_;
};

TEST_F(PostCommandTest, UserCreatePrintsTheIdAndNothingElse) {
  const Outcome outcome = Run({"user", "create", "bob", "bob@example.com"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "2\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(service_.users[2].username(), "bob");
  EXPECT_EQ(service_.users[2].email(), "bob@example.com");
}

TEST_F(PostCommandTest, UserGetShowsTheUser) {
  const Outcome outcome = Run({"user", "get", "1"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.out, HasSubstr("username    ada\n"));
  EXPECT_THAT(outcome.out, HasSubstr("generation  7\n"));
  EXPECT_THAT(Run({"user", "get", "1", "--json"}).out, HasSubstr(R"("generation":"7")"));
  EXPECT_EQ(Run({"user", "get", "9"}).code, ExitCode::kNotFound);
}

TEST_F(PostCommandTest, TakenNameIsNamed) {
  service_.failure = absl::AlreadyExistsError("username: another user has it");
  const Outcome outcome = Run({"user", "create", "ada", "b@example.com"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.err, "trellis: username: another user has it (ALREADY_EXISTS)\n");
}

TEST_F(PostCommandTest, CreatePrintsTheIdAndGetShowsThePost) {
  const Outcome outcome = Post({"create", "1", "hello"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "1\n");
  const Outcome shown = Post({"get", "1", "--min-generation", "5000000000"});
  EXPECT_EQ(shown.code, ExitCode::kOk);
  EXPECT_THAT(shown.out, HasSubstr("content     hello\n"));
  EXPECT_THAT(shown.out, Not(HasSubstr("updated")));
  ASSERT_EQ(service_.gets.size(), 1U);
  EXPECT_EQ(service_.gets[0].min_generation(), 5'000'000'000);
}

TEST_F(PostCommandTest, WhatIsNoIdIsAUsageErrorAndNotSent) {
  for (const char* id : {"0", "-1", "one", "9223372036854775808", ""}) {
    const Outcome outcome = Post({"get", "--", id});
    EXPECT_EQ(outcome.code, ExitCode::kUsage) << id;
    EXPECT_THAT(outcome.err, HasSubstr("is not a whole number from 1 to"));
    EXPECT_EQ(Post({"feed", "--", "1", id}).code, ExitCode::kUsage) << id;
  }
  const Outcome outcome = Post({"get", "1", "--min-generation", "x"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_THAT(outcome.err, HasSubstr("--min-generation: 'x' is not a whole number from 0"));
  EXPECT_TRUE(service_.gets.empty());
  EXPECT_TRUE(service_.feeds.empty());
}

TEST_F(PostCommandTest, UpdateShowsWhatThePostIsNow) {
  AddPosts(1);
  EXPECT_THAT(Post({"update", "1", "new"}).out, HasSubstr("content     new\n"));
  EXPECT_EQ(Post({"update", "2", "new"}).code, ExitCode::kNotFound);
}

TEST_F(PostCommandTest, LostAnswerSaysWhatMayBe) {
  service_.failure = absl::UnavailableError("gone");
  EXPECT_THAT(Post({"create", "1", "hello"}).err, HasSubstr("./trellis post ls 1 shows it"));
  EXPECT_THAT(Post({"update", "1", "hello"}).err, HasSubstr("a repeat is safe"));
  EXPECT_THAT(Post({"rm", "1", "--yes"}).err, HasSubstr("a repeat is NOT_FOUND"));
  const Outcome outcome = Run({"user", "create", "ada", "a@example.com"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("POST_ADDR names another server"));
}

TEST_F(PostCommandTest, RmWithoutATerminalWantsYes) {
  AddPosts(1);
  EXPECT_EQ(Post({"rm", "1"}).code, ExitCode::kUsage);
  EXPECT_EQ(service_.posts.size(), 1U);
  const Outcome done = Post({"rm", "1", "--yes"});
  EXPECT_EQ(done.code, ExitCode::kOk);
  EXPECT_EQ(done.err, "trellis: post 1 is deleted\n");
  EXPECT_TRUE(service_.posts.empty());
}

TEST_F(PostCommandTest, RmAsksOnATerminal) {
  AddPosts(1);
  world_.in_is_tty = world_.err_is_tty = true;
  world_.in = "n\n";
  EXPECT_THAT(Post({"rm", "1"}).err, HasSubstr("nothing was deleted"));
  EXPECT_EQ(service_.posts.size(), 1U);
  world_.in = "y\n";
  EXPECT_THAT(Post({"rm", "1", "--json"}).out, HasSubstr(R"("generation":"9")"));
  EXPECT_TRUE(service_.posts.empty());
}

TEST_F(PostCommandTest, LsIsATableNewestFirst) {
  AddPosts(2);
  service_.posts[2].mutable_updated_at()->set_seconds(Now() - 5);
  const Outcome outcome = Post({"ls", "1", "--min-generation", "4"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out,
            "ID  USER    AGE  EDITED  CONTENT\n"
            " 2     1  3m12s      5s  post\\x1b[2J 2\n"
            " 1     1  3m12s       -  post\\x1b[2J 1\n");
  EXPECT_EQ(outcome.err, "");
  ASSERT_EQ(service_.lists.size(), 1U);
  EXPECT_EQ(service_.lists[0].limit(), 50);
  EXPECT_EQ(service_.lists[0].min_generation(), 4);
}

TEST_F(PostCommandTest, LsSaysHowToGoOnAndGoesOn) {
  AddPosts(5);
  const Outcome first = Post({"ls", "1", "--limit", "3"});
  EXPECT_THAT(first.err, HasSubstr("--cursor 3 goes on"));
  const Outcome rest = Post({"ls", "1", "--cursor", "3"});
  EXPECT_THAT(rest.out, HasSubstr("post\\x1b[2J 2\n"));
  EXPECT_THAT(rest.out, Not(HasSubstr("post\\x1b[2J 3\n")));
  EXPECT_EQ(rest.err, "");
}

TEST_F(PostCommandTest, LsFollowsPagesToTheLimitOrTheEnd) {
  AddPosts(260);
  const Outcome some = Post({"ls", "1", "--limit", "230"});
  ASSERT_EQ(service_.lists.size(), 3U);
  EXPECT_EQ(service_.lists[2].limit(), 30);
  EXPECT_EQ(std::count(some.out.begin(), some.out.end(), '\n'), 231) << "one line of titles";
  EXPECT_THAT(some.err, HasSubstr("There are more"));
  const Outcome all = Post({"ls", "1", "--all"});
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 261);
  EXPECT_EQ(all.err, "");
  EXPECT_EQ(Post({"ls", "1", "--all", "--limit", "5"}).code, ExitCode::kUsage);
}

TEST_F(PostCommandTest, LsInJsonIsAPageToALine) {
  AddPosts(150);
  const Outcome outcome = Post({"ls", "1", "--all", "--json"});
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
  EXPECT_THAT(outcome.out, StartsWith(R"({"data":[{"id":"150")"));
}

TEST_F(PostCommandTest, LsOfNothingHasNoData) {
  const Outcome outcome = Post({"ls", "1"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "trellis: no posts\n");
  EXPECT_EQ(Post({"ls", "9"}).code, ExitCode::kNotFound);
}

TEST_F(PostCommandTest, FeedIsOfAllTheUsersNamed) {
  AddPosts(2, 1);
  AddPosts(2, 2);
  AddPosts(2, 3);
  const Outcome outcome = Post({"feed", "1", "3", "--limit", "3"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.out, HasSubstr(" 5     3  3m12s"));
  EXPECT_THAT(outcome.out, HasSubstr(" 2     1  3m12s"));
  EXPECT_THAT(outcome.out, Not(HasSubstr(" 4     2 ")));
  ASSERT_EQ(service_.feeds.size(), 1U);
  EXPECT_THAT(service_.feeds[0].user_ids(), ElementsAre(1, 3));
  EXPECT_EQ(Post({"feed"}).code, ExitCode::kUsage);
}

TEST_F(PostCommandTest, HotIsATableOfUsers) {
  EXPECT_EQ(Post({"hot"}).err, "trellis: nobody's posts were read of late\n");
  v1::HotUser& user = *service_.hot.add_users();
  user.set_user_id(17);
  user.set_reads(1234);
  EXPECT_EQ(Post({"hot"}).out,
            "USER  READS\n"
            "  17   1234\n");
  EXPECT_THAT(Post({"hot", "--json"}).out, HasSubstr(R"("userId":"17")"));
  EXPECT_EQ(Post({"hot", "--limit", "101"}).code, ExitCode::kUsage);
}

TEST_F(PostCommandTest, CacheTellsSharesAndMismatches) {
  EXPECT_THAT(Post({"cache"}).out, HasSubstr("lists       none asked for\n"));
  service_.stats.set_local_hits(60);
  service_.stats.set_list_hits(30);
  service_.stats.set_list_misses(10);
  service_.stats.set_bypassed(5);
  const Outcome fine = Post({"cache"});
  EXPECT_THAT(fine.out, HasSubstr("own pages   60 of 100 (60.0 %)\n"));
  EXPECT_THAT(fine.out, HasSubstr("lists       30 of 40 (75.0 %)\n"));
  EXPECT_THAT(fine.out, HasSubstr("bypassed    5\n"));
  EXPECT_EQ(fine.err, "");
  service_.stats.set_mismatches(1);
  EXPECT_THAT(Post({"cache"}).err, HasSubstr("docs/post.md"));
}

TEST_F(PostCommandTest, ShardsIsATableOfNodes) {
  EXPECT_EQ(Post({"shards"}).err, "trellis: no node of the Redis Cluster was reached yet\n");
  const auto add = [this](const char* address, v1::ClusterNode::Health health) {
    v1::ClusterNode& node = *service_.shards.add_nodes();
    node.set_address(address);
    node.set_role(v1::ClusterNode::MASTER);
    node.set_health(health);
    v1::SlotSpan& span = *node.add_slots();
    span.set_first(0);
    span.set_last(99);
    return &node;
  };
  v1::SlotSpan& one = *add("10.0.0.1:6379", v1::ClusterNode::CONNECTED)->add_slots();
  one.set_first(200);
  one.set_last(200);
  v1::ClusterNode& replica = *add("10.0.0.2:6379", v1::ClusterNode::NOT_ASKED);
  replica.set_role(v1::ClusterNode::REPLICA);
  replica.set_master("10.0.0.1:6379");
  add("10.0.0.3:6379", v1::ClusterNode::AWAY)->set_reason("connection refused");
  EXPECT_EQ(Post({"shards"}).out,
            "NODE           ROLE                      SLOTS     STATE\n"
            "10.0.0.1:6379  master                    0-99 200  connected\n"
            "10.0.0.2:6379  replica of 10.0.0.1:6379  0-99      not asked\n"
            "10.0.0.3:6379  master                    0-99      away: connection refused\n");
  EXPECT_THAT(Post({"shards", "--json"}).out, HasSubstr(R"("health":"NOT_ASKED")"));
}

TEST_F(PostCommandTest, LoadReadsSomeUsersMostAndWritesNowAndThen) {
  AddUser(2);
  AddUser(3);
  const Outcome outcome = Run({"load", "post", "--count", "400"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("400 OK (100 %), 0 errors"));
  std::map<int64_t, int> reads;
  for (const auto& request : service_.lists) ++reads[request.user_id()];
  EXPECT_EQ(service_.lists.size() + service_.posts.size(), 400U);
  EXPECT_GT(service_.posts.size(), 5U);
  EXPECT_LT(service_.posts.size(), 50U);
  ASSERT_EQ(reads.size(), 3U);
  EXPECT_GT(reads[1], reads[2]);
  EXPECT_GT(reads[2], reads[3]);
}

TEST_F(PostCommandTest, LoadMakesAUserWhenThereIsNone) {
  service_.users.clear();
  ASSERT_EQ(Run({"load", "post", "--count", "5"}).code, ExitCode::kOk);
  ASSERT_EQ(service_.users.size(), 1U);
  EXPECT_THAT(service_.users.begin()->second.username(), StartsWith("load-"));
}

}  // namespace
}  // namespace trellis::cli
