// Several instances' circuits behind one key of a real Redis.
#include "services/weather/redis_circuit_switch.h"

#include "services/weather/testing/redis_fixture.h"

namespace trellis::weather {
namespace {

using resilience::CircuitState;

constexpr char kKey[] = "weather-requests:circuit";

class RedisCircuitSwitchTest : public testing::RedisFixture {
 protected:
  struct Instance {
    Instance(RedisCircuitSwitchTest& test, const base::Clock& clock)
        : commands(test.Connect()),
          breaker({}, clock),
          circuit(test.context_.get_executor(), *commands, kKey, breaker, milliseconds(20)) {
      circuit.Start();
    }
    CircuitState state() { return breaker.snapshot().state; }
    std::unique_ptr<redis::Connection> commands;
    resilience::CircuitBreaker breaker;
    RedisCircuitSwitch circuit;
  };
  bool Follows(Instance& instance, CircuitState state) {
    return RunUntil([&] { return instance.state() == state; });
  }
};

TEST_F(RedisCircuitSwitchTest, OrderHoldsForAllInstancesAndForThoseThatComeLater) {
  Instance one(*this, clock_);
  Instance two(*this, clock_);
  ASSERT_TRUE(Await(one.circuit.Set(true, Soon())).ok());
  EXPECT_EQ(one.state(), CircuitState::kIsolated) << "at once where it was given";
  EXPECT_TRUE(Follows(two, CircuitState::kIsolated));
  Instance three(*this, clock_);
  EXPECT_TRUE(Follows(three, CircuitState::kIsolated));
  ASSERT_TRUE(Await(two.circuit.Set(false, Soon())).ok());
  EXPECT_EQ(two.state(), CircuitState::kClosed);
  EXPECT_TRUE(Follows(one, CircuitState::kClosed));
  EXPECT_TRUE(Follows(three, CircuitState::kClosed));
}

TEST_F(RedisCircuitSwitchTest, OrderIsFollowedOnceAndAnOlderOneNever) {
  Instance one(*this, clock_);
  ASSERT_TRUE(Await(one.circuit.Set(true, Soon())).ok());
  const std::string older(redis_.Run({"GET", kKey}).Text());
  ASSERT_TRUE(Await(one.circuit.Set(false, Soon())).ok());
  one.breaker.Isolate();
  // Several looks long.
  const auto look = [&] {
    const base::Deadline later = base::Deadline::After(milliseconds(100));
    return RunUntil([&] { return later.Expired(); });
  };
  EXPECT_TRUE(look());
  EXPECT_EQ(one.state(), CircuitState::kIsolated) << "the reset is no new order";
  one.breaker.Reset();
  redis_.Run({"SET", kKey, older});
  EXPECT_TRUE(look());
  EXPECT_EQ(one.state(), CircuitState::kClosed);
}

TEST_F(RedisCircuitSwitchTest, LossOfTheDataLeavesTheCircuitAndLaterOrdersCount) {
  Instance one(*this, clock_);
  ASSERT_TRUE(Await(one.circuit.Set(true, Soon())).ok());
  redis_.Run({"FLUSHALL"});
  const base::Deadline later = base::Deadline::After(milliseconds(100));
  EXPECT_TRUE(RunUntil([&] { return later.Expired(); }));
  EXPECT_EQ(one.state(), CircuitState::kIsolated);
  Instance two(*this, clock_);
  ASSERT_TRUE(Await(two.circuit.Set(false, Soon())).ok());
  EXPECT_TRUE(Follows(one, CircuitState::kClosed));
}

TEST_F(RedisCircuitSwitchTest, OrderThatCannotBeGivenChangesNothing) {
  Instance one(*this, clock_);
  redis_.Kill();
  ASSERT_TRUE(RunUntil([&] { return !one.commands->connected(); }));
  EXPECT_EQ(Await(one.circuit.Set(true, Soon())).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(one.state(), CircuitState::kClosed);
}

}  // namespace
}  // namespace trellis::weather
