#include "mesh/base/backoff.h"

#include <gtest/gtest.h>

#include <climits>
#include <set>

#include "mesh/base/ids.h"

namespace trellis::base {
namespace {

constexpr BackoffPolicy kPolicy{milliseconds(10), milliseconds(1000)};

TEST(FullJitter, DoublesItsCeilingUpToTheCap) {
  const int64_t ceilings[] = {10, 20, 40, 80, 160, 320, 640, 1000, 1000};
  for (int attempt = 0; attempt < 9; ++attempt) {
    const auto ceiling = static_cast<uint64_t>(ceilings[attempt]);
    EXPECT_EQ(FullJitter(kPolicy, attempt, ceiling).count(), ceilings[attempt]) << attempt;
    EXPECT_EQ(FullJitter(kPolicy, attempt, ceiling + 1).count(), 0) << attempt;
  }
}

TEST(FullJitter, StaysWithinItsBounds) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    for (int i = 0; i < 100; ++i) {
      const milliseconds delay = FullJitter(kPolicy, attempt, RandomBits());
      ASSERT_GE(delay, milliseconds(0));
      ASSERT_LE(delay, kPolicy.cap);
    }
  }
}

TEST(FullJitter, ReachesBothEndsAndAllBetween) {
  std::set<int64_t> seen;
  for (uint64_t random = 0; random < 11; ++random) {
    seen.insert(FullJitter(kPolicy, 0, random).count());
  }
  EXPECT_EQ(seen.size(), 11u);
  EXPECT_EQ(*seen.begin(), 0);
  EXPECT_EQ(*seen.rbegin(), 10);
}

TEST(FullJitter, DoesNotOverflowForManyAttempts) {
  for (const int attempt : {30, 31, 62, 63, 64, 1000, INT_MAX}) {
    EXPECT_EQ(FullJitter(kPolicy, attempt, 1000), milliseconds(1000)) << attempt;
  }
}

TEST(FullJitter, DoesNotOverflowForHugeTimes) {
  constexpr BackoffPolicy kHuge{milliseconds(INT64_MAX), milliseconds(INT64_MAX)};
  EXPECT_EQ(FullJitter(kHuge, 50, INT64_MAX), milliseconds(INT64_MAX));
  constexpr BackoffPolicy kHugeCap{milliseconds(1), milliseconds(INT64_MAX)};
  EXPECT_EQ(FullJitter(kHugeCap, INT_MAX, 1 << 30), milliseconds(1 << 30));
}

TEST(FullJitter, NegativeAttemptIsTheFirst) {
  EXPECT_EQ(FullJitter(kPolicy, -1, 10), milliseconds(10));
  EXPECT_EQ(FullJitter(kPolicy, INT_MIN, 11), milliseconds(0));
}

TEST(FullJitter, BaseAboveTheCapIsTheCap) {
  constexpr BackoffPolicy kOdd{milliseconds(500), milliseconds(100)};
  EXPECT_EQ(FullJitter(kOdd, 0, 100), milliseconds(100));
  EXPECT_EQ(FullJitter(kOdd, 0, 101), milliseconds(0));
}

TEST(FullJitter, ZeroOrNegativeTimesMeanNoWait) {
  EXPECT_EQ(FullJitter({milliseconds(0), milliseconds(0)}, 3, 12345), milliseconds(0));
  EXPECT_EQ(FullJitter({milliseconds(-5), milliseconds(-5)}, 3, 12345), milliseconds(0));
}

}  // namespace
}  // namespace trellis::base
