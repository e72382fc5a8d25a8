#include "mesh/redis/reply.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace trellis::redis {
namespace {

Reply Parse(std::string_view bytes) {
  absl::StatusOr<Reply> reply = Reply::FromResp(bytes);
  EXPECT_TRUE(reply.ok()) << bytes;
  return reply.ok() ? std::move(*reply) : Reply();
}

TEST(Reply, ReadsTheTypesOfResp2) {
  EXPECT_EQ(Parse("+OK\r\n").Text(), "OK");
  EXPECT_EQ(Parse(":-42\r\n").Integer(), -42);
  EXPECT_EQ(Parse("$5\r\nhello\r\n").Text(), "hello");
  EXPECT_TRUE(Parse("$-1\r\n").IsNil());
  EXPECT_TRUE(Parse("*-1\r\n").IsNil());
  EXPECT_EQ(Parse("*0\r\n").size(), 0u);
  EXPECT_EQ(Parse("-ERR no\r\n").Text(), "ERR no");
  EXPECT_TRUE(Parse("-ERR no\r\n").view().IsError());
}

TEST(Reply, StringMayHoldAnyByte) {
  const Reply reply = Parse(std::string_view("$4\r\n\0\r\n\xff\r\n", 10));
  EXPECT_EQ(reply.Text(), std::string_view("\0\r\n\xff", 4));
}

TEST(Reply, ReadsNestedArrays) {
  const Reply reply = Parse("*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n:3\r\n");
  ASSERT_EQ(reply.size(), 3u);
  EXPECT_EQ(reply[0].Text(), "a");
  ASSERT_EQ(reply[1].size(), 2u);
  EXPECT_EQ(reply[1][0].Integer(), 1);
  EXPECT_TRUE(reply[1][1].IsNil());
  EXPECT_EQ(reply[2].Integer(), 3);
}

TEST(Reply, IntegerMayBeWrittenAsAString) {
  EXPECT_EQ(Parse("$3\r\n123\r\n").Integer(), 123);
  EXPECT_EQ(Parse("$20\r\n-9223372036854775808\r\n").Integer(), INT64_MIN);
}

TEST(Reply, ReadAsAnotherTypeIsEmpty) {
  EXPECT_EQ(Parse("$3\r\nabc\r\n").Integer(), 0);
  EXPECT_EQ(Parse(":7\r\n").Text(), "");
  EXPECT_EQ(Parse(":7\r\n").size(), 0u);
  EXPECT_EQ(Parse("*1\r\n:7\r\n").Text(), "");
  EXPECT_EQ(Parse("*1\r\n:7\r\n").Integer(), 0);
  EXPECT_FALSE(Parse("+OK\r\n").view().IsError());
  EXPECT_FALSE(Parse("$0\r\n\r\n").IsNil());
}

TEST(Reply, ElementThatIsNotThereIsNil) {
  EXPECT_TRUE(Parse("*1\r\n:1\r\n")[1].IsNil());
  EXPECT_TRUE(Parse("$1\r\na\r\n")[0].IsNil());
  EXPECT_TRUE(Parse(":1\r\n")[0][0].IsNil());
  EXPECT_EQ(Parse("$-1\r\n")[0].Text(), "");
}

TEST(Reply, EmptyOneReadsAsNil) {
  const Reply reply;
  EXPECT_TRUE(reply.IsNil());
  EXPECT_FALSE(reply.view().IsError());
  EXPECT_EQ(reply.Integer(), 0);
  EXPECT_EQ(reply.Text(), "");
  EXPECT_EQ(reply.size(), 0u);
}

TEST(Reply, MovesWithItsValue) {
  Reply from = Parse("+OK\r\n");
  const Reply to = std::move(from);
  EXPECT_EQ(to.Text(), "OK");
}

TEST(Reply, NotOneWholeValueIsRefused) {
  for (const char* bytes : {"", "+OK", "$5\r\nhel", "*2\r\n:1\r\n", "?what\r\n", "+a\r\n+b\r\n"}) {
    EXPECT_EQ(Reply::FromResp(bytes).status().code(), absl::StatusCode::kInvalidArgument) << bytes;
  }
}

TEST(StatusFromError, HasOneCodeForEachKind) {
  using enum absl::StatusCode;
  const std::map<std::string, absl::StatusCode> cases = {
      {"LOADING Redis is loading the dataset in memory", kUnavailable},
      {"CLUSTERDOWN The cluster is down", kUnavailable},
      {"MASTERDOWN Link with MASTER is down", kUnavailable},
      {"READONLY You can't write against a read only replica.", kUnavailable},
      {"NOREPLICAS Not enough good replicas to write.", kUnavailable},
      {"TRYAGAIN Multiple keys request during rehashing of slot", kUnavailable},
      {"BUSY Redis is busy running a script.", kUnavailable},
      {"MISCONF Redis is configured to save RDB snapshots", kUnavailable},
      {"OOM command not allowed when used memory > 'maxmemory'.", kResourceExhausted},
      {"NOAUTH Authentication required.", kUnauthenticated},
      {"WRONGPASS invalid username-password pair", kUnauthenticated},
      {"NOPERM this user has no permissions", kPermissionDenied},
      {"NOSCRIPT No matching script. Please use EVAL.", kNotFound},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", kInternal},
      {"ERR unknown command", kInternal},
      {"BUSYGROUP Consumer Group name already exists", kInternal},
      {"LOADING", kUnavailable},
      {"", kInternal}};
  for (const auto& [error, code] : cases) {
    EXPECT_EQ(StatusFromError(error).code(), code) << error;
  }
}

TEST(StatusFromError, KeepsWhatRedisSaid) {
  EXPECT_EQ(base::MessageOf(StatusFromError("OOM too much")), "redis: OOM too much");
}

TEST(Reply, ElementIsTakenOut) {
  absl::StatusOr<Reply> reply = Reply::FromResp("*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  const Reply second = reply->Take(1);
  EXPECT_EQ(second.Text(), "b");
  EXPECT_TRUE((*reply)[1].IsNil());
  EXPECT_EQ((*reply)[0].Text(), "a");
  EXPECT_TRUE(reply->Take(2).IsNil());
}

}  // namespace
}  // namespace trellis::redis
