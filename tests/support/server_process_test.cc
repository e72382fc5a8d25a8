#include "tests/support/server_process.h"

#include <gmock/gmock.h>

#include <cmath>

namespace trellis::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

class ServerProcessTest : public ::testing::Test {
 protected:
  void Start(const Variables& services) {
    gateway_ = std::make_unique<ServerProcess>("gateway", "gateway", GatewaySettings(0, services),
                                               directory_.File("gateway.log"));
    gateway_->StartAndAwaitReady();
  }

  const base::testing::TempDir directory_;
  std::unique_ptr<ServerProcess> gateway_;
};

// Also of a service that is new: its variable belongs into GatewaySettings.
TEST_F(ServerProcessTest, GatewayLooksForNoServiceThatItWasNotToldAbout) {
  Start({});
  EXPECT_THAT(gateway_->MetricNames(), Not(Contains("trellis_gateway_upstream_connected gauge")));
  Start({{"ORDER_ADDR", "127.0.0.1:1"}});
  EXPECT_THAT(gateway_->MetricNames(), Contains("trellis_gateway_upstream_connected gauge"));
}

TEST_F(ServerProcessTest, MetricOfAProcessThatDoesNotAnswerIsNotZero) {
  Start({});
  EXPECT_EQ(gateway_->Metric("trellis_no_such_thing"), 0);
  gateway_->Suspend();
  EXPECT_TRUE(std::isnan(gateway_->Metric("trellis_no_such_thing")));
}

}  // namespace
}  // namespace trellis::testing
