#include "mesh/base/deadline.h"

#include <gtest/gtest.h>

namespace trellis::base {
namespace {

class DeadlineTest : public ::testing::Test {
 protected:
  ManualClock clock_;
};

TEST_F(DeadlineTest, ExpiresAtItsInstant) {
  const Deadline deadline = Deadline::After(milliseconds(100), clock_.Now());
  EXPECT_FALSE(deadline.Expired(clock_.Now()));
  clock_.Advance(milliseconds(99));
  EXPECT_FALSE(deadline.Expired(clock_.Now()));
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(deadline.Expired(clock_.Now()));
}

TEST_F(DeadlineTest, RemainingCountsDownToZeroAndNoFurther) {
  const Deadline deadline = Deadline::After(milliseconds(100), clock_.Now());
  EXPECT_EQ(deadline.Remaining(clock_.Now()), milliseconds(100));
  clock_.Advance(milliseconds(40));
  EXPECT_EQ(deadline.Remaining(clock_.Now()), milliseconds(60));
  clock_.Advance(milliseconds(1000));
  EXPECT_EQ(deadline.Remaining(clock_.Now()), milliseconds(0));
}

TEST_F(DeadlineTest, ZeroOrNegativeDurationHasExpired) {
  EXPECT_TRUE(Deadline::After(milliseconds(0), clock_.Now()).Expired(clock_.Now()));
  EXPECT_TRUE(Deadline::After(milliseconds(-5), clock_.Now()).Expired(clock_.Now()));
}

TEST_F(DeadlineTest, InfiniteNeverExpires) {
  EXPECT_TRUE(Deadline::Infinite().IsInfinite());
  EXPECT_FALSE(Deadline::Infinite().Expired(clock_.Now()));
  EXPECT_GT(Deadline::Infinite().Remaining(clock_.Now()), std::chrono::hours(24 * 365 * 100));
}

TEST_F(DeadlineTest, DurationBeyondTheClockIsInfinite) {
  EXPECT_TRUE(Deadline::After(milliseconds::max(), clock_.Now()).IsInfinite());
  EXPECT_FALSE(Deadline::After(std::chrono::hours(24 * 365), clock_.Now()).IsInfinite());
}

TEST_F(DeadlineTest, MinIsTheEarlier) {
  const Deadline early = Deadline::At(clock_.Now());
  const Deadline late = Deadline::After(milliseconds(1), clock_.Now());
  EXPECT_EQ(Deadline::Min(early, late).time(), early.time());
  EXPECT_EQ(Deadline::Min(late, early).time(), early.time());
  EXPECT_EQ(Deadline::Min(Deadline::Infinite(), late).time(), late.time());
}

TEST(UnixMillisTest, GoesThereAndBack) {
  EXPECT_EQ(UnixMillis(FromUnixMillis(1'700'000'000'123)), 1'700'000'000'123);
  EXPECT_EQ(UnixMillis(WallTime()), 0);
}

}  // namespace
}  // namespace trellis::base
