#include "mesh/base/ids.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>
#include <vector>

namespace trellis::base {
namespace {

TEST(UuidV7, HasTheShapeOfVersionSeven) {
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewUuidV7();
    ASSERT_TRUE(IsUuid(id)) << id;
    ASSERT_EQ(id[14], '7') << id;                                          // version
    ASSERT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;  // variant
  }
}

TEST(UuidV7, StartsWithTheUnixMilliseconds) {
  // The example of RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F.
  const std::string id = NewUuidV7(FromUnixMillis(0x017F22E279B0));
  EXPECT_EQ(id.substr(0, 15), "017f22e2-79b0-7");
}

TEST(UuidV7, SortsByTheTimeOfItsMaking) {
  std::string before = NewUuidV7(FromUnixMillis(0));
  for (const int64_t millis : {int64_t{1}, int64_t{0xffff}, int64_t{0x10000}, int64_t{0xffffffff},
                               int64_t{0x100000000}, int64_t{0x8637bd05af6}}) {
    const std::string after = NewUuidV7(FromUnixMillis(millis));
    EXPECT_LT(before, after);
    before = after;
  }
}

TEST(UuidV7, IsUniqueWithinAMillisecond) {
  const WallTime now = FromUnixMillis(1);
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(NewUuidV7(now));
  EXPECT_EQ(ids.size(), 10'000u);
}

TEST(UuidV7, IsUniqueAcrossThreads) {
  const WallTime now = FromUnixMillis(1);
  std::vector<std::vector<std::string>> made(8);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids, now] {
      for (int i = 0; i < 1000; ++i) ids.push_back(NewUuidV7(now));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), 8000u);
}

TEST(IsUuid, KnowsTheLowerCaseForm) {
  EXPECT_TRUE(IsUuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
  EXPECT_TRUE(IsUuid("00000000-0000-0000-0000-000000000000"));
}

TEST(IsUuid, RefusesEverythingElse) {
  for (const char* text :
       {"", "017f22e2", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
        "017f22e279b0-7cc3-98c4-dc0c0c07398f-", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}", "017f22e2_79b0_7cc3_98c4_dc0c0c07398f"}) {
    EXPECT_FALSE(IsUuid(text)) << text;
  }
}

TEST(RandomHex, HasTwoDigitsForEachByte) {
  EXPECT_THAT(RandomHex(8), ::testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(RandomHex(0), "");
  EXPECT_NE(RandomHex(16), RandomHex(16));
}

TEST(RandomBits, DiffersBetweenThreads) {
  uint64_t other = 0;
  std::thread([&other] { other = RandomBits(); }).join();
  EXPECT_NE(RandomBits(), other);
}

}  // namespace
}  // namespace trellis::base
