#include "mesh/base/periodic.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "mesh/base/sleep.h"
#include "mesh/base/testing/run.h"

namespace trellis::base {
namespace {

class PeriodicTest : public ::testing::Test {
 protected:
  bool Stop(Periodic& periodic, milliseconds patience = milliseconds(5'000)) {
    return testing::RunCoroutine(context_, periodic.Stop(Deadline::After(patience)));
  }
  template <typename Condition>
  bool RunUntil(Condition condition) {
    const Deadline end = Deadline::After(milliseconds(5'000));
    while (!condition() && !end.Expired()) context_.run_one_for(milliseconds(5));
    return condition();
  }

  boost::asio::io_context context_{1};
  int steps_ = 0;
};

TEST_F(PeriodicTest, StepsFollowEachOtherUntilItStops) {
  Periodic periodic(context_.get_executor(), milliseconds(1),
                    [this]() -> boost::asio::awaitable<bool> {
                      ++steps_;
                      co_return false;
                    });
  periodic.Start();
  EXPECT_TRUE(RunUntil([this] { return steps_ >= 3; }));
  EXPECT_TRUE(Stop(periodic));
  const int steps = steps_;
  context_.restart();
  context_.run_for(milliseconds(20));
  EXPECT_EQ(steps_, steps);
}

TEST_F(PeriodicTest, AStepThatHasMoreToDoIsFollowedAtOnce) {
  Periodic periodic(context_.get_executor(), milliseconds(3'600'000),
                    [this]() -> boost::asio::awaitable<bool> { co_return ++steps_ < 5; });
  periodic.Start();
  EXPECT_TRUE(RunUntil([this] { return steps_ == 5; }));
  EXPECT_TRUE(Stop(periodic)) << "the pause does not notice";
  EXPECT_EQ(steps_, 5);
}

TEST_F(PeriodicTest, StopWaitsForTheStepUnderWay) {
  bool go_on = false, ended = false;
  Periodic periodic(context_.get_executor(), milliseconds(1),
                    [&]() -> boost::asio::awaitable<bool> {
                      ++steps_;
                      while (!go_on) co_await Sleep(milliseconds(1));
                      ended = true;
                      co_return false;
                    });
  periodic.Start();
  EXPECT_TRUE(RunUntil([this] { return steps_ == 1; }));
  EXPECT_FALSE(Stop(periodic, milliseconds(20)));
  go_on = true;
  EXPECT_TRUE(Stop(periodic));
  EXPECT_TRUE(ended);
  EXPECT_EQ(steps_, 1);
}

TEST_F(PeriodicTest, AStepThatThrowsIsNotTheLast) {
  Periodic periodic(context_.get_executor(), milliseconds(1),
                    [this]() -> boost::asio::awaitable<bool> {
                      if (++steps_ == 1) throw std::runtime_error("no luck");
                      co_return false;
                    });
  periodic.Start();
  EXPECT_TRUE(RunUntil([this] { return steps_ >= 3; }));
  EXPECT_TRUE(Stop(periodic));
}

}  // namespace
}  // namespace trellis::base
