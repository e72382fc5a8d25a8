#include "services/order/status_counts.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "services/order/testing/fake_order_store.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::ElementsAre;

// Each look at it takes so long.
class SlowClock final : public base::Clock {
 public:
  explicit SlowClock(milliseconds step) : step_(step) {}
  [[nodiscard]] base::SteadyTime Now() const override { return now_ += step_; }
  [[nodiscard]] base::WallTime WallNow() const override { return {}; }
  void Advance(milliseconds by) { now_ += by; }

 private:
  const milliseconds step_;
  mutable base::SteadyTime now_{std::chrono::hours(1)};
};

class StatusCountsTest : public ::testing::Test {
 protected:
  absl::StatusOr<StatusCounts::Counts> Get(StatusCounts& counts) {
    return base::testing::RunCoroutine(context_, counts.Get(base::Deadline::Infinite()));
  }
  [[nodiscard]] size_t asked() const { return calls_.made.size(); }

  boost::asio::io_context context_{1};
  testing::Calls calls_;
  testing::FakeOrderStore store_{calls_};
};

TEST_F(StatusCountsTest, CountThatTakesNoTimeIsMadeForEachQuestion) {
  const base::ManualClock clock;
  StatusCounts counts(store_, clock);
  EXPECT_EQ(Get(counts)->count("received"), 0);
  store_.Add("o1");
  EXPECT_EQ(Get(counts)->at("received"), 1);
}

TEST_F(StatusCountsTest, CountServesForTenTimesAsLongAsItTook) {
  SlowClock clock(milliseconds(100));  // a count: 100 ms
  StatusCounts counts(store_, clock);
  (void)Get(counts);
  store_.Add("o1");
  clock.Advance(milliseconds(700));
  EXPECT_EQ(Get(counts)->count("received"), 0);
  clock.Advance(milliseconds(200));
  EXPECT_EQ(Get(counts)->at("received"), 1);
  EXPECT_EQ(asked(), 2);
}

TEST_F(StatusCountsTest, WatchersAtATimeShareACount) {
  const base::ManualClock clock;
  StatusCounts counts(store_, clock);
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    boost::asio::co_spawn(
        context_, counts.Get(base::Deadline::Infinite()),
        [&answered](const std::exception_ptr&, const absl::StatusOr<StatusCounts::Counts>& got) {
          answered += got.ok() ? 1 : 0;
        });
  }
  (void)Get(counts);
  EXPECT_EQ(answered, 10);
  EXPECT_THAT(calls_.made, ElementsAre("CountByStatus"));
}

TEST_F(StatusCountsTest, FailureIsNotKept) {
  const base::ManualClock clock;
  StatusCounts counts(store_, clock);
  calls_.Fail("CountByStatus", absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(Get(counts).status()));
  EXPECT_TRUE(Get(counts).ok());
}

}  // namespace
}  // namespace trellis::order
