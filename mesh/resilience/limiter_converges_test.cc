#include <gmock/gmock.h>

#include "mesh/resilience/testing/simulated_server.h"

namespace trellis::resilience {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Seen = SimulatedServer::Seen;

constexpr int kWorkers = 50;
constexpr milliseconds kService{20};
constexpr size_t kManyClients = 600;

class LimiterConvergesTest : public ::testing::TestWithParam<Jitter> {
 protected:
  SimulatedServer Server(int initial, int workers = kWorkers) {
    return SimulatedServer({.min = 4, .max = 500, .initial = initial}, workers, kService,
                           GetParam());
  }
  // A little above the concurrency at which calls begin to wait, and busy.
  static void ExpectAboutTheCapacity(const Seen& seen, int workers) {
    EXPECT_GE(seen.limit, 0.9 * workers);
    EXPECT_LE(seen.limit, 2.0 * workers);
    EXPECT_GE(seen.load, 0.9);
  }
};

TEST_P(LimiterConvergesTest, FromBelow) {
  SimulatedServer server = Server(4);
  server.set_clients(kManyClients);
  (void)server.Run(seconds(10));
  ExpectAboutTheCapacity(server.Run(seconds(40)), kWorkers);
}

TEST_P(LimiterConvergesTest, FromAbove) {
  SimulatedServer server = Server(500);
  server.set_clients(kManyClients);
  (void)server.Run(seconds(10));
  ExpectAboutTheCapacity(server.Run(seconds(40)), kWorkers);
}

TEST_P(LimiterConvergesTest, FollowsACapacityThatDoublesAndHalves) {
  SimulatedServer server = Server(20);
  server.set_clients(kManyClients);
  (void)server.Run(seconds(10));
  server.set_workers(2 * kWorkers);
  (void)server.Run(seconds(5));
  ExpectAboutTheCapacity(server.Run(seconds(40)), 2 * kWorkers);
  server.set_workers(kWorkers / 2);
  (void)server.Run(seconds(5));
  ExpectAboutTheCapacity(server.Run(seconds(40)), kWorkers / 2);
}

TEST_P(LimiterConvergesTest, LearnsThatTheServerHasBecomeSlowerOrFaster) {
  SimulatedServer server = Server(20);
  server.set_clients(kManyClients);
  (void)server.Run(seconds(10));
  server.set_service(4 * kService);
  (void)server.Run(seconds(10));
  ExpectAboutTheCapacity(server.Run(seconds(40)), kWorkers);
  server.set_service(kService / 2);
  (void)server.Run(seconds(35));  // longer than the unloaded latency stays unmeasured
  ExpectAboutTheCapacity(server.Run(seconds(40)), kWorkers);
}

TEST_P(LimiterConvergesTest, OverloadForLongDoesNotLiftIt) {
  SimulatedServer server = Server(20);
  server.set_clients(kManyClients);
  (void)server.Run(seconds(200));
  ExpectAboutTheCapacity(server.Run(seconds(40)), kWorkers);
}

TEST_P(LimiterConvergesTest, IdleServiceKeepsItsLimit) {
  SimulatedServer server = Server(20);
  server.set_clients(2);
  const Seen seen = server.Run(seconds(600));
  EXPECT_EQ(seen.lowest, 20);
  EXPECT_EQ(seen.highest, 20);
}

// At work with as many calls as the limit lets go, though the server could do with more.
TEST_P(LimiterConvergesTest, UnderusedServiceHasRoomForItsCalls) {
  SimulatedServer server = Server(20);
  server.set_clients(30);
  (void)server.Run(seconds(10));
  const Seen seen = server.Run(seconds(600));
  EXPECT_GE(seen.limit, 30);
  EXPECT_GE(seen.load, 0.95 * 30 / kWorkers);
}

TEST_P(LimiterConvergesTest, StaysWithinItsBounds) {
  SimulatedServer server({.min = 10, .max = 40, .initial = 40}, 100, kService, GetParam());
  server.set_clients(kManyClients);
  const Seen fast = server.Run(seconds(60));
  server.set_workers(2);
  const Seen slow = server.Run(seconds(60));
  EXPECT_EQ(std::max(fast.highest, slow.highest), 40);
  EXPECT_EQ(std::min(fast.lowest, slow.lowest), 10);
  EXPECT_LT(slow.limit, 25);  // less would be right, but then the minimum is too high to see it
}

TEST_P(LimiterConvergesTest, SameCallsGiveTheSameLimit) {
  SimulatedServer one = Server(20), other = Server(20);
  one.set_clients(100);
  other.set_clients(100);
  EXPECT_EQ(one.Run(seconds(20)).limit, other.Run(seconds(20)).limit);
}

INSTANTIATE_TEST_SUITE_P(Service, LimiterConvergesTest,
                         ::testing::Values(Jitter::kNone, Jitter::kUniform, Jitter::kExponential),
                         [](const auto& param) -> std::string {
                           if (param.param == Jitter::kNone) return "Steady";
                           return param.param == Jitter::kUniform ? "Uniform" : "Exponential";
                         });

}  // namespace
}  // namespace trellis::resilience
