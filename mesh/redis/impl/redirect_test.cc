#include "mesh/redis/impl/redirect.h"

#include <gmock/gmock.h>

namespace trellis::redis::impl {
namespace {

using ::testing::ElementsAre;

TEST(RedirectTest, KindIsTheFirstWord) {
  EXPECT_EQ(KindOf("MOVED 1 a:2"), ErrorKind::kMoved);
  EXPECT_EQ(KindOf("TRYAGAIN Multiple keys request during rehashing of slot"),
            ErrorKind::kTryAgain);
  EXPECT_EQ(KindOf("ERR MOVED"), ErrorKind::kOther);
  EXPECT_EQ(KindOf(""), ErrorKind::kOther);
}

TEST(RedirectTest, TargetTakesTheHostOfTheNodeWhereItHasNone) {
  EXPECT_EQ(RedirectTarget("MOVED 3999 10.0.0.1:6381", "10.0.0.9:1"), "10.0.0.1:6381");
  EXPECT_EQ(RedirectTarget("ASK 3999 :6381", "10.0.0.9:1"), "10.0.0.9:6381");
  EXPECT_EQ(RedirectTarget("MOVED 3999 ?:6381", "[fd00::9]:1"), "[fd00::9]:6381");
  EXPECT_EQ(RedirectTarget("MOVED 3999 fd00::1:6381", "10.0.0.9:1"), "[fd00::1]:6381");
  EXPECT_EQ(RedirectTarget("MOVED", "10.0.0.9:1"), "");
  EXPECT_EQ(RedirectTarget("MOVED 3999 host:", "10.0.0.9:1"), "");
}

TEST(RedirectTest, SlotsWithMasterFirst) {
  const auto reply = Reply::FromResp(
      "*2\r\n"
      "*4\r\n:0\r\n:99\r\n*3\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n*3\r\n$1\r\nb\r\n:2\r\n$2\r\nid\r\n"
      "*3\r\n:100\r\n:16383\r\n*3\r\n$0\r\n\r\n:3\r\n$2\r\nid\r\n");
  const auto ranges = ParseSlots(reply->view(), "c:9");
  ASSERT_TRUE(ranges.ok()) << ranges.status();
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ((*ranges)[0].last, 99);
  EXPECT_THAT((*ranges)[0].addresses, ElementsAre("a:1", "b:2"));
  EXPECT_THAT((*ranges)[1].addresses, ElementsAre("c:3"));
}

TEST(RedirectTest, MapWithoutSlotsOrBeyondThemIsNone) {
  EXPECT_FALSE(ParseSlots(Reply::FromResp("*0\r\n")->view(), "c:9").ok());
  EXPECT_FALSE(
      ParseSlots(Reply::FromResp("*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n")->view(), "")
          .ok());
  EXPECT_FALSE(
      ParseSlots(Reply::FromResp("*1\r\n*3\r\n:-1\r\n:5\r\n*2\r\n$1\r\na\r\n:1\r\n")->view(), "")
          .ok());
}

TEST(RedirectTest, InfoFieldIsAWholeLine) {
  constexpr char kInfo[] = "# Replication\r\nrole:master\r\nrun_id:abc\r\nrun_id2:def\r\n";
  EXPECT_EQ(InfoField(kInfo, "run_id"), "abc");
  EXPECT_EQ(InfoField(kInfo, "role"), "master");
  EXPECT_EQ(InfoField(kInfo, "run"), "");
  EXPECT_EQ(InfoField(kInfo, "none"), "");
}

TEST(RedirectTest, IncarnationDependsOnLifeAndTerm) {
  EXPECT_NE(IncarnationOf("a", "x"), IncarnationOf("b", "x"));
  EXPECT_NE(IncarnationOf("a", "x"), IncarnationOf("a", "y"));
  EXPECT_EQ(IncarnationOf("a", "x"), IncarnationOf("a", "x"));
}

}  // namespace
}  // namespace trellis::redis::impl
