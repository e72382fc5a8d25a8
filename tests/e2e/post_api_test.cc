// The HTTP contract of the Post service, as its documents and the seed's show it.
#include <gmock/gmock.h>

#include "tests/support/json.h"
#include "tests/support/post_stack.h"

namespace trellis::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PostApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { stack_ = std::make_unique<PostStack>(); }
  static void TearDownTestSuite() { stack_.reset(); }
  static PostStack& stack() { return *stack_; }
  void TearDown() override {
    if (HasFailure()) std::cerr << stack().LogTails();
  }

  HttpReply Send(const std::string& method, const std::string& target,
                 const std::string& json = "") {
    HttpHeaders headers;
    if (!json.empty()) headers.emplace_back("Content-Type", "application/json");
    const auto reply = http_.Request(method, target, headers, json);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : HttpReply();
  }
  HttpReply Get(const std::string& target) { return Send("GET", target); }
  template <typename Message>
  Message Ok(const HttpReply& reply) {
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.status == 200 ? FromJson<Message>(reply.body) : Message();
  }
  post::v1::User AddUser(const std::string& name) {
    return Ok<post::v1::User>(
        Send("POST", "/api/v1/users",
             R"({"username":")" + name + R"(","email":")" + name + R"(@example.com"})"));
  }
  post::v1::Post AddPost(int64_t user_id, const std::string& content) {
    return Ok<post::v1::Post>(
        Send("POST", "/api/v1/posts",
             R"({"user_id":)" + std::to_string(user_id) + R"(,"content":")" + content + R"("})"));
  }
  static std::string PostsOf(int64_t user_id) {
    return "/api/v1/users/" + std::to_string(user_id) + "/posts";
  }
  static std::string PathOf(const post::v1::Post& post) {
    return "/api/v1/posts/" + std::to_string(post.id());
  }
  static std::vector<std::string> Contents(const post::v1::ListPostsResponse& page) {
    std::vector<std::string> contents;
    for (const post::v1::Post& post : page.data()) contents.push_back(post.content());
    return contents;
  }
  void ExpectError(const HttpReply& reply, int status, const std::string& field) {
    EXPECT_EQ(reply.status, status) << reply.body;
    const ErrorBody error = ParseError(reply.body);
    if (field.empty()) return;
    EXPECT_THAT(error.fields, ElementsAre(field)) << reply.body;
  }

  HttpClient http_ = stack().Http();

 private:
  static inline std::unique_ptr<PostStack> stack_;
};

TEST_F(PostApiTest, AUserIsCreatedAndRead) {
  const HttpReply made =
      Send("POST", "/api/v1/users", R"({"username":"ada","email":"ada@example.com"})");
  const auto user = Ok<post::v1::User>(made);
  // As the seed has it: snake case and plain numbers.
  EXPECT_THAT(made.body, HasSubstr("\"id\":" + std::to_string(user.id()) + ","));
  EXPECT_THAT(made.body, HasSubstr("\"created_at\":\""));
  const HttpReply read = Get("/api/v1/users/" + std::to_string(user.id()));
  EXPECT_EQ(read.body, made.body);
  EXPECT_EQ(Get("/api/v1/users/999999").status, 404);
}

TEST_F(PostApiTest, ATakenNameOrEmailIsNamed) {
  AddUser("grace");
  const HttpReply name =
      Send("POST", "/api/v1/users", R"({"username":"grace","email":"other@example.com"})");
  EXPECT_EQ(name.status, 409);
  EXPECT_THAT(ParseError(name.body).message, ::testing::StartsWith("username:"));
  const HttpReply email =
      Send("POST", "/api/v1/users", R"({"username":"other","email":"Grace@example.com"})");
  EXPECT_EQ(email.status, 409);
  EXPECT_THAT(ParseError(email.body).message, ::testing::StartsWith("email:"));
}

TEST_F(PostApiTest, AUserThatWasNotThereIsSeenOnceItIs) {
  const auto user = AddUser("before");
  const std::string next = PostsOf(user.id() + 1);
  EXPECT_EQ(Get(next).status, 404);
  EXPECT_EQ(Get(next).status, 404);  // from the cache
  EXPECT_EQ(AddUser("after").id(), user.id() + 1);
  EXPECT_THAT(Ok<post::v1::ListPostsResponse>(Get(next)).data(), IsEmpty());
}

TEST_F(PostApiTest, APostIsWrittenReadChangedAndDeleted) {
  const auto user = AddUser("linus");
  const auto post = AddPost(user.id(), "hello");
  EXPECT_EQ(post.generation(), user.generation() + 1);
  EXPECT_EQ(Ok<post::v1::Post>(Get(PathOf(post))).content(), "hello");
  EXPECT_EQ(Ok<post::v1::Post>(Get(PathOf(post))).content(), "hello");

  const auto changed = Ok<post::v1::Post>(Send("PUT", PathOf(post), R"({"content":"other"})"));
  EXPECT_EQ(changed.generation(), post.generation() + 1);
  EXPECT_EQ(Ok<post::v1::Post>(Get(PathOf(post))).content(), "other");
  EXPECT_THAT(Contents(Ok<post::v1::ListPostsResponse>(Get(PostsOf(user.id())))),
              ElementsAre("other"));

  const auto deleted = Ok<post::v1::DeletePostResponse>(Send("DELETE", PathOf(post)));
  EXPECT_EQ(deleted.generation(), changed.generation() + 1);
  EXPECT_EQ(Get(PathOf(post)).status, 404);
  EXPECT_EQ(Send("DELETE", PathOf(post)).status, 404);
  EXPECT_THAT(Ok<post::v1::ListPostsResponse>(Get(PostsOf(user.id()))).data(), IsEmpty());
}

TEST_F(PostApiTest, EveryWriteShowsInTheNextReadOfAWarmPage) {
  const auto user = AddUser("warm");
  for (int i = 1; i <= 20; ++i) {
    AddPost(user.id(), "post");
    for (int read = 0; read < 4; ++read) {
      ASSERT_EQ(Ok<post::v1::ListPostsResponse>(Get(PostsOf(user.id()))).data_size(), i);
    }
  }
}

TEST_F(PostApiTest, PagesHaveTheSeedsShape) {
  const auto user = AddUser("pages");
  for (int i = 1; i <= 5; ++i) AddPost(user.id(), std::to_string(i));
  const HttpReply reply = Get(PostsOf(user.id()) + "?limit=2&offset=1");
  const auto page = Ok<post::v1::ListPostsResponse>(reply);
  EXPECT_THAT(Contents(page), ElementsAre("4", "3"));
  EXPECT_THAT(reply.body, HasSubstr("\"has_more\":true"));
  EXPECT_THAT(reply.body, HasSubstr("\"limit\":2"));
  EXPECT_THAT(reply.body, HasSubstr("\"offset\":1"));
  EXPECT_THAT(reply.body, HasSubstr("\"user_id\":" + std::to_string(user.id())));
  EXPECT_THAT(reply.body, HasSubstr("\"updated_at\":\""));

  const auto first = Ok<post::v1::ListPostsResponse>(Get(PostsOf(user.id()) + "?limit=3"));
  EXPECT_THAT(Contents(first), ElementsAre("5", "4", "3"));
  const HttpReply last = Get(PostsOf(user.id()) + "?limit=3&cursor=" + first.next_cursor());
  const auto rest = Ok<post::v1::ListPostsResponse>(last);
  EXPECT_THAT(Contents(rest), ElementsAre("2", "1"));
  EXPECT_FALSE(rest.has_more());
  EXPECT_THAT(last.body, HasSubstr("\"has_more\":false"));
  EXPECT_THAT(rest.next_cursor(), IsEmpty());
  EXPECT_EQ(Ok<post::v1::ListPostsResponse>(Get(PostsOf(user.id()))).limit(), 50);
}

TEST_F(PostApiTest, BadInputNamesItsField) {
  const auto user = AddUser("fields");
  const std::string posts = PostsOf(user.id());
  ExpectError(Get(posts + "?limit=101"), 400, "limit");
  ExpectError(Get(posts + "?limit=-1"), 400, "limit");
  ExpectError(Get(posts + "?offset=-1"), 400, "offset");
  ExpectError(Get(posts + "?cursor=x"), 400, "cursor");
  ExpectError(Get(posts + "?cursor=p5&offset=2"), 400, "offset");
  ExpectError(Get(posts + "?min_generation=99"), 400, "min_generation");
  ExpectError(Get("/api/v1/users/0/posts"), 400, "user_id");
  ExpectError(Get("/api/v1/posts/0"), 400, "id");
  ExpectError(Send("POST", "/api/v1/users", R"({"username":"a b","email":"a@b"})"), 400,
              "username");
  ExpectError(Send("POST", "/api/v1/users", R"({"username":"ab","email":"ab"})"), 400, "email");
  ExpectError(Send("POST", "/api/v1/posts", R"({"user_id":1,"content":" "})"), 400, "content");
  ExpectError(Send("POST", "/api/v1/posts", R"({"content":"x"})"), 400, "user_id");
  ExpectError(Send("POST", "/api/v1/posts", R"({"user_id":999999,"content":"x"})"), 404, "");
  ExpectError(Get("/v1/feed"), 400, "user_ids");
}

TEST_F(PostApiTest, AFeedMergesUsers) {
  const auto a = AddUser("feed-a");
  const auto b = AddUser("feed-b");
  AddPost(a.id(), "1");
  AddPost(b.id(), "2");
  AddPost(a.id(), "3");
  const std::string users =
      "user_ids=" + std::to_string(a.id()) + "&user_ids=" + std::to_string(b.id());
  const auto page = Ok<post::v1::ListPostsResponse>(Get("/v1/feed?limit=2&" + users));
  EXPECT_THAT(Contents(page), ElementsAre("3", "2"));
  EXPECT_TRUE(page.has_more());
  EXPECT_THAT(Contents(Ok<post::v1::ListPostsResponse>(
                  Get("/v1/feed?limit=2&cursor=" + page.next_cursor() + "&" + users))),
              ElementsAre("1"));
}

TEST_F(PostApiTest, PingAnswersAsTheSeeds) { EXPECT_THAT(Get("/ping").body, HasSubstr("pong")); }

// The seed's demonstration: a miss, then a hit of the list and of the 50 posts; and from then on
// the page is at hand in the process.
TEST_F(PostApiTest, MetricsShowTheDemonstration) {
  const auto user = AddUser("metrics");
  for (int i = 0; i < 60; ++i) AddPost(user.id(), "post");
  const auto metric = [](const char* name) { return stack().service().Metric(name); };
  const double misses = metric("post_list_cache_misses_total");
  const double hits = metric("post_list_cache_hits_total");
  const double objects = metric("post_object_cache_hits_total");
  const double missing = metric("post_object_cache_misses_total");
  const double local = metric("trellis_post_local_cache_hits_total");

  EXPECT_EQ(Ok<post::v1::ListPostsResponse>(Get(PostsOf(user.id()))).data_size(), 50);
  EXPECT_EQ(metric("post_list_cache_misses_total"), misses + 1);
  EXPECT_EQ(metric("post_list_cache_hits_total"), hits);
  EXPECT_EQ(metric("post_object_cache_hits_total"), objects);

  EXPECT_EQ(Ok<post::v1::ListPostsResponse>(Get(PostsOf(user.id()))).data_size(), 50);
  EXPECT_EQ(metric("post_list_cache_misses_total"), misses + 1);
  EXPECT_EQ(metric("post_list_cache_hits_total"), hits + 1);
  EXPECT_EQ(metric("post_object_cache_hits_total"), objects + 50);
  EXPECT_EQ(metric("post_object_cache_misses_total"), missing);
  EXPECT_EQ(metric("trellis_post_local_cache_hits_total"), local);

  Get(PostsOf(user.id()));
  EXPECT_EQ(metric("trellis_post_local_cache_hits_total"), local + 1);
  EXPECT_EQ(metric("post_list_cache_hits_total"), hits + 1);
  EXPECT_THAT(Get("/v1/post/hot-users").body,
              HasSubstr("\"user_id\":" + std::to_string(user.id())));
}

TEST_F(PostApiTest, ShardsAreTheNodesOfTheCluster) {
  const std::string body = Get("/v1/post/shards").body;
  const auto shards = Ok<post::v1::ListShardsResponse>(Get("/v1/post/shards"));
  ASSERT_EQ(shards.nodes_size(), stack().redis().size());
  int next = 0;
  for (const auto& node : shards.nodes()) {
    if (node.role() != post::v1::ClusterNode::MASTER) continue;
    EXPECT_EQ(node.health(), post::v1::ClusterNode::CONNECTED) << node.reason();
    ASSERT_EQ(node.slots_size(), 1);
    EXPECT_EQ(node.slots(0).first(), next);
    next = node.slots(0).last() + 1;
    EXPECT_EQ(node.address(),
              stack().redis().address(stack().redis().MasterOf(node.slots(0).first())));
  }
  EXPECT_EQ(next, 16'384);
  EXPECT_THAT(body, HasSubstr(R"("role":"MASTER","health":"CONNECTED")"));
  EXPECT_THAT(body, HasSubstr(R"("slots":[{"first":0,"last":)"));
}

// As a new version finds it whose migration waits: for a lock, for Postgres, or for a person.
TEST_F(PostApiTest, UntilItsSchemaIsThereTheServiceIsUnavailable) {
  const post::v1::User user = AddUser("early");
  ServerProcess& service = stack().service();
  service.Terminate();
  (void)stack().Query(
      "ALTER TABLE users RENAME TO hidden; UPDATE post_schema_migrations SET dirty = true");
  service.Start();
  ASSERT_TRUE(WaitUntil([&] { return service.Log().find("is dirty") != std::string::npos; }));
  // The gateway may still have to find the service.
  const std::string target = "/api/v1/users/" + std::to_string(user.id());
  EXPECT_TRUE(WaitUntil([&] { return Get(target).body.find("not started") != std::string::npos; }));
  EXPECT_EQ(Get(target).status, 503);
  EXPECT_FALSE(service.Ready());
  (void)stack().Query(
      "ALTER TABLE hidden RENAME TO users; UPDATE post_schema_migrations SET dirty = false");
  service.AwaitReady();
  EXPECT_TRUE(WaitUntil([&] { return Get(target).status == 200; })) << Get(target).body;
}

}  // namespace
}  // namespace trellis::testing
