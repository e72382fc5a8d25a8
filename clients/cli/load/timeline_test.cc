#include "clients/cli/load/timeline.h"

#include <gtest/gtest.h>

namespace trellis::cli::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TimelineTest, CallsStandInTheSlotOfTheirTime) {
  Timeline timeline;
  timeline.Record(milliseconds(0), milliseconds(5), true);
  timeline.Record(milliseconds(99), milliseconds(7), false);
  timeline.Record(milliseconds(350), milliseconds(9), true);
  ASSERT_EQ(timeline.slots().size(), 4U);
  EXPECT_EQ(timeline.slots()[0].latency.count(), 2);
  EXPECT_EQ(timeline.slots()[0].errors, 1);
  EXPECT_EQ(timeline.slots()[1].latency.count(), 0);
  EXPECT_EQ(timeline.slots()[3].latency.max(), milliseconds(9));
}

TEST(TimelineTest, LongRunsGetWiderSlotsAndLoseNothing) {
  Timeline timeline;
  for (int second = 0; second < 1000; ++second) {
    timeline.Record(seconds(second), milliseconds(second == 700 ? 900 : 1), second % 10 != 0);
    EXPECT_LE(timeline.slots().size(), Timeline::kMostSlots);
  }
  EXPECT_EQ(timeline.width(), milliseconds(6400));
  int64_t calls = 0;
  int64_t errors = 0;
  for (const Timeline::Slot& slot : timeline.slots()) {
    calls += slot.latency.count();
    errors += slot.errors;
  }
  EXPECT_EQ(calls, 1000);
  EXPECT_EQ(errors, 100);
  EXPECT_EQ(timeline.slots()[700'000 / 6400].latency.max(), milliseconds(900));
}

TEST(TimelineTest, AnswersFarAheadAreReachedAtOnce) {
  Timeline timeline;
  timeline.Record(std::chrono::hours(24), milliseconds(1), true);
  EXPECT_LE(timeline.slots().size(), Timeline::kMostSlots);
}

}  // namespace
}  // namespace trellis::cli::load
