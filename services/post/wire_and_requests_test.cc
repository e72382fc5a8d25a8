#include <gmock/gmock.h>

#include "google/rpc/error_details.pb.h"
#include "services/post/requests.h"
#include "services/post/wire.h"

namespace trellis::post {
namespace {

Post SomePost(int64_t id) {
  return {.id = id,
          .user_id = 7,
          .version = 3,
          .content = "hello \xc3\xa4",
          .created_at = base::WallTime(std::chrono::microseconds(1'700'000'000'123'456)),
          .updated_at = base::WallTime(std::chrono::microseconds(-1))};
}

TEST(WireTest, AMessageSaysWhatThePostIs) {
  const v1::Post message = ToMessage(SomePost(9));
  EXPECT_EQ(message.id(), 9);
  EXPECT_EQ(message.user_id(), 7);
  EXPECT_EQ(message.generation(), 3);
  EXPECT_EQ(message.content(), "hello \xc3\xa4");
  EXPECT_EQ(message.created_at().seconds(), 1'700'000'000);
  EXPECT_EQ(message.created_at().nanos(), 123'456'000);
  // Nanoseconds are never negative.
  EXPECT_EQ(message.updated_at().seconds(), -1);
  EXPECT_EQ(message.updated_at().nanos(), 999'999'000);
}

TEST(WireTest, APageOfBytesReadsAsTheMessage) {
  for (const int count : {0, 1, 100}) {
    std::vector<PostObject> objects;
    v1::ListPostsResponse wanted;
    for (int i = 0; i < count; ++i) {
      Post post = SomePost(1'000 - i);
      post.content = std::string(static_cast<size_t>(i) * 40, 'x');
      objects.push_back(ObjectOf(post));
      EXPECT_EQ(objects.back().version, 3);
      *wanted.add_data() = ToMessage(post);
    }
    wanted.set_has_more(count > 1);
    wanted.set_limit(50);
    wanted.set_offset(4);
    wanted.set_next_cursor(count > 1 ? "p901" : "");
    wanted.set_generation(12);
    const WirePage wire = MakeWirePage(ViewsOf(objects), {.has_more = wanted.has_more(),
                                                          .limit = 50,
                                                          .offset = 4,
                                                          .next_cursor = wanted.next_cursor(),
                                                          .generation = 12});
    v1::ListPostsResponse page;
    ASSERT_TRUE(page.ParseFromString(*wire));
    EXPECT_EQ(page.SerializeAsString(), wanted.SerializeAsString());
  }
}

TEST(WireTest, CursorsComeBack) {
  EXPECT_EQ(IdOfCursor(CursorBelow(42)), 42);
  EXPECT_EQ(IdOfCursor(CursorBelow(INT64_MAX)), INT64_MAX);
  for (const char* text :
       {"", "p", "42", "px", "p4x", "p-4", "p0", "p 4", "q4", "p99999999999999999999"}) {
    EXPECT_FALSE(IdOfCursor(text)) << text;
  }
}

// The field that a status names; empty when it is OK or names none.
std::string FieldOf(const absl::Status& status) {
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  std::string field;
  status.ForEachPayload([&field](absl::string_view, const absl::Cord& payload) {
    google::rpc::BadRequest details;
    if (details.ParseFromString(std::string(payload)) && details.field_violations_size() == 1) {
      field = details.field_violations(0).field();
    }
  });
  return field;
}

std::string UserField(const std::string& name, const std::string& email) {
  v1::CreateUserRequest request;
  request.set_username(name);
  request.set_email(email);
  return FieldOf(CheckUser(request));
}

TEST(RequestsTest, Usernames) {
  EXPECT_EQ(UserField("Ada.L_0-9", "a@b"), "");
  EXPECT_EQ(UserField(std::string(64, 'a'), "a@b"), "");
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("a b"),
                                  std::string("a\xc3\xa4"), std::string("a\0b", 3)}) {
    EXPECT_EQ(UserField(name, "a@b"), "username") << name;
  }
}

TEST(RequestsTest, Emails) {
  EXPECT_EQ(UserField("ada", "ada@example.com"), "");
  EXPECT_EQ(UserField("ada", std::string(252, 'a') + "@b"), "");
  for (const std::string& email : {std::string(), std::string("ada"), std::string("@b"),
                                   std::string("a@"), std::string("a@b@c"), std::string("a @b"),
                                   std::string(253, 'a') + "@b", std::string("a\0@b", 4)}) {
    EXPECT_EQ(UserField("ada", email), "email") << email;
  }
}

TEST(RequestsTest, Contents) {
  EXPECT_EQ(FieldOf(CheckContent("x")), "");
  std::string longest;
  for (size_t i = 0; i < kMostContentCharacters; ++i) longest += "\xc3\xa4";
  EXPECT_EQ(FieldOf(CheckContent(longest)), "");
  for (const std::string& content :
       {std::string(), std::string(" \t\r\n"), longest + "x", std::string("a\0b", 3)}) {
    EXPECT_EQ(FieldOf(CheckContent(content)), "content");
  }
}

std::string ListField(const v1::ListUserPostsRequest& request) {
  return FieldOf(PageKeyFrom(request).status());
}

TEST(RequestsTest, Pages) {
  v1::ListUserPostsRequest request;
  EXPECT_EQ(ListField(request), "user_id");
  request.set_user_id(7);
  EXPECT_EQ(*PageKeyFrom(request), (PageKey{.user_id = 7, .limit = 50}));
  request.set_limit(100);
  request.set_offset(1'000'000);
  EXPECT_EQ(*PageKeyFrom(request), (PageKey{.user_id = 7, .limit = 100, .offset = 1'000'000}));
  request.set_offset(1'000'001);
  EXPECT_EQ(ListField(request), "offset");
  request.set_offset(-1);
  EXPECT_EQ(ListField(request), "offset");
  request.set_offset(0);
  for (const int limit : {-1, 101}) {
    request.set_limit(limit);
    EXPECT_EQ(ListField(request), "limit");
  }
  request.set_limit(1);
  request.set_cursor("p9");
  EXPECT_EQ(*PageKeyFrom(request), (PageKey{.user_id = 7, .limit = 1, .before_id = 9}));
  request.set_offset(1);
  EXPECT_EQ(ListField(request), "offset");
  request.set_offset(0);
  request.set_cursor("9");
  EXPECT_EQ(ListField(request), "cursor");
  request.clear_cursor();
  request.set_min_generation(-1);
  EXPECT_EQ(ListField(request), "min_generation");
}

TEST(RequestsTest, Feeds) {
  v1::GetFeedRequest request;
  const auto field = [&request] { return FieldOf(FeedQueryFrom(request).status()); };
  EXPECT_EQ(field(), "user_ids");
  for (int i = 1; i <= 100; ++i) request.add_user_ids(i);
  EXPECT_EQ(FeedQueryFrom(request)->user_ids.size(), 100u);
  EXPECT_EQ(FeedQueryFrom(request)->limit, 50);
  request.add_user_ids(101);
  EXPECT_EQ(field(), "user_ids");
  request.clear_user_ids();
  request.add_user_ids(0);
  EXPECT_EQ(field(), "user_ids");
  request.set_user_ids(0, 1);
  request.set_limit(101);
  EXPECT_EQ(field(), "limit");
  request.set_limit(2);
  request.set_cursor("x");
  EXPECT_EQ(field(), "cursor");
  request.set_cursor("p5");
  EXPECT_EQ(FeedQueryFrom(request)->before_id, 5);
}

}  // namespace
}  // namespace trellis::post
