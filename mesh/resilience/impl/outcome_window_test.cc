#include "mesh/resilience/impl/outcome_window.h"

#include <gmock/gmock.h>

namespace trellis::resilience::impl {
namespace {

using base::milliseconds;

class OutcomeWindowTest : public ::testing::Test {
 protected:
  uint64_t Calls() { return window_.Totals(clock_.Now()).calls; }
  void Add(bool failed = false, bool slow = false) { window_.Add(clock_.Now(), failed, slow); }

  base::ManualClock clock_;
  OutcomeWindow window_{milliseconds(1000), 4};
};

TEST_F(OutcomeWindowTest, CountsEachKind) {
  Add();
  Add(true);
  Add(false, true);
  Add(true, true);
  const OutcomeWindow::Counts& counts = window_.Totals(clock_.Now());
  EXPECT_EQ(counts.calls, 4U);
  EXPECT_EQ(counts.failures, 2U);
  EXPECT_EQ(counts.slow, 2U);
}

TEST_F(OutcomeWindowTest, ForgetsABucketAtATime) {
  for (int i = 0; i < 4; ++i, clock_.Advance(milliseconds(250))) Add(i % 2 == 0);
  EXPECT_EQ(Calls(), 3U);  // the fifth bucket took the first one's place
  EXPECT_EQ(window_.Totals(clock_.Now()).failures, 1U);
  clock_.Advance(milliseconds(249));
  EXPECT_EQ(Calls(), 3U);
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Calls(), 2U);
  clock_.Advance(milliseconds(500));
  EXPECT_EQ(Calls(), 0U);
}

TEST_F(OutcomeWindowTest, ForgetsAllAfterALongPause) {
  Add();
  clock_.Advance(milliseconds(1'000'000));
  EXPECT_EQ(Calls(), 0U);
  Add();
  EXPECT_EQ(Calls(), 1U);
}

TEST_F(OutcomeWindowTest, ClearedIsEmptyAndCountsAgain) {
  Add(true, true);
  window_.Clear();
  EXPECT_EQ(Calls(), 0U);
  Add();
  clock_.Advance(milliseconds(1000));
  EXPECT_EQ(Calls(), 0U);
}

TEST_F(OutcomeWindowTest, WithoutBucketsItHasOne) {
  OutcomeWindow window(milliseconds(0), 0);
  window.Add(clock_.Now(), true, false);
  EXPECT_EQ(window.Totals(clock_.Now()).failures, 1U);
}

}  // namespace
}  // namespace trellis::resilience::impl
