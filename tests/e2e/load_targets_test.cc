// ./trellis load on the services that need more than Redis: what it sends is accepted.
#include <gmock/gmock.h>

#include "mesh/base/testing/subprocess.h"
#include "tests/support/keytest_stack.h"
#include "tests/support/order_stack.h"
#include "tests/support/weather_stack.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

// What it printed. Expects that it exits with 0.
std::string Load(const std::string& target, int port, std::vector<std::string> flags) {
  const base::testing::TempDir directory;
  flags.insert(flags.begin(), {TRELLIS_CLI, "load", target, "--addr",
                               "127.0.0.1:" + std::to_string(port), "--threshold", "errors<=0"});
  base::testing::Subprocess cli({std::move(flags), {}, directory.File("out")});
  cli.Start();
  int code = -1;
  EXPECT_TRUE(cli.Wait(milliseconds(60'000), &code));
  EXPECT_EQ(code, 0) << cli.Output();
  return cli.Output();
}

class WeatherLoadTargetTest : public WeatherTest {};

TEST_F(WeatherLoadTargetTest, ForecastsAreAnswered) {
  Make();
  EXPECT_THAT(Load("weather", stack().grpc_port(), {"--count", "100"}), HasSubstr("100 OK"));
}

class OrderLoadTargetTest : public OrderTest {};

TEST_F(OrderLoadTargetTest, OrdersAreAcceptedAndOnStock) {
  Make();
  const int port = stack().service().Port("grpc");
  EXPECT_THAT(Load("order", port, {"--rate", "50", "--duration", "1s"}), HasSubstr("50 OK"));
  EXPECT_THAT(Load("order", port, {"--mode", "concurrent", "--count", "50"}), HasSubstr("50 OK"));
  EXPECT_EQ(stack().Count("SELECT count(*) FROM orders WHERE sku LIKE 'load-%'"), 100);
  ASSERT_TRUE(stack().AwaitSettled());
  EXPECT_EQ(stack().Count("SELECT count(*) FROM orders WHERE status = 'notified'"), 100);
}

class KeytestLoadTargetTest : public KeytestTest {};

// A run is there while it is asked for, and the load leaves none behind.
TEST_P(KeytestLoadTargetTest, StatusIsAnsweredBesideARunThatEndsWithTheLoad) {
  Make({.event_stream = GetParam()});
  const int port = stack().service().Port("grpc");
  EXPECT_THAT(Load("keytest", port, {"--count", "100"}), HasSubstr("100 OK"));
  EXPECT_EQ(stack().Status().state(), keytest::v1::Status::IDLE);
  EXPECT_THAT(Load("keytest", port, {"--keys", "1000000", "--rate", "100", "--duration", "1s"}),
              HasSubstr("100 OK"));
  const keytest::v1::Status status = stack().Status();
  EXPECT_EQ(status.state(), keytest::v1::Status::STOPPED);
  EXPECT_EQ(status.keys(), 1'000'000);
  EXPECT_GT(status.generated(), 0);
}

INSTANTIATE_TEST_SUITE_P(Nats, KeytestLoadTargetTest, ::testing::Values("nats"));

}  // namespace
}  // namespace trellis::testing
