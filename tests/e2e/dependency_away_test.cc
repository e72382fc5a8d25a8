// What clients see while a server further back is away, and how soon it is over.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/json.h"
#include "tests/support/rpc_client.h"
#include "tests/support/stack_fixture.h"

namespace trellis::testing {
namespace {

using std::chrono::steady_clock;

constexpr char kService[] = "trellis.enqueue.v1.EnqueueService";

class DependencyAwayTest : public StackTest {
 protected:
  int StatusOfEnqueue() {
    const auto reply = stack().Http().PostForm("/enqueue", "x");
    return reply.ok() ? reply->status : 0;
  }
  [[nodiscard]] static bool Within(steady_clock::time_point start, milliseconds time) {
    return steady_clock::now() - start < time;
  }
  [[nodiscard]] std::string Health() {
    return CheckHealth(stack().grpc_port(), kService).value_or("no answer");
  }
};

TEST_F(DependencyAwayTest, ServiceAwayIs503AtOnceAndOverWithoutARestartOfTheGateway) {
  Make({.workers = 0});
  stack().service().Kill();
  // The first request may find the connection just breaking.
  EXPECT_TRUE(WaitUntil([this] { return StatusOfEnqueue() == 503; }));
  // The best of three: others may have the processor for a while.
  bool at_once = false;
  for (int i = 0; i < 3 && !at_once; ++i) {
    const auto start = steady_clock::now();
    const auto reply = stack().Http().PostForm("/enqueue", "x");
    at_once = Within(start, milliseconds(300));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(ParseError(reply->body).code, 14);
    EXPECT_FALSE(reply->Header("Retry-After").empty());
  }
  EXPECT_TRUE(at_once);

  stack().service().StartAndAwaitReady();
  const auto back = steady_clock::now();
  EXPECT_TRUE(WaitUntil([this] { return StatusOfEnqueue() == 200; }));
  EXPECT_TRUE(Within(back, milliseconds(2000)));
}

TEST_F(DependencyAwayTest, GatewayStaysReadyWithoutItsUpstreamAndSaysSo) {
  Make({.workers = 0});
  stack().service().Kill();
  EXPECT_TRUE(WaitUntil([this] {
    return stack().Http().Get("/readyz")->body.find("cannot be reached") != std::string::npos;
  }));
  EXPECT_TRUE(stack().gateway().Ready());
}

TEST_F(DependencyAwayTest, RedisAwayIs503WithinTheDeadlineAndOverInTwoSeconds) {
  Make({.workers = 0});
  stack().redis().Kill();
  EXPECT_TRUE(WaitUntil([this] { return StatusOfEnqueue() == 503; }));
  const auto start = steady_clock::now();
  EXPECT_EQ(StatusOfEnqueue(), 503);
  EXPECT_TRUE(Within(start, milliseconds(1000)));
  EXPECT_TRUE(WaitUntil([this] { return !stack().service().Ready(); }));

  stack().redis().Start();
  const auto back = steady_clock::now();
  EXPECT_TRUE(WaitUntil([this] { return StatusOfEnqueue() == 200; }));
  EXPECT_TRUE(Within(back, milliseconds(2000)));
}

TEST_F(DependencyAwayTest, SilentRedisCostsNoMoreThanTheDeadline) {
  Make({.workers = 0});
  stack().redis().process().Signal(SIGSTOP);
  const auto start = steady_clock::now();
  const auto reply = stack().Http().Request(
      "POST", "/enqueue", {{"Content-Type", "text/plain"}, {"Grpc-Timeout", "500m"}}, "x");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 504);
  EXPECT_TRUE(Within(start, milliseconds(1500)));
  stack().redis().process().Signal(SIGCONT);
  EXPECT_TRUE(WaitUntil([this] { return StatusOfEnqueue() == 200; }));
}

TEST_F(DependencyAwayTest, HealthOfTheServiceFollowsRedis) {
  Make({.workers = 0});
  EXPECT_EQ(Health(), "SERVING");
  stack().redis().Kill();
  EXPECT_TRUE(WaitUntil([this] { return Health() == "NOT_SERVING"; }));
  // The process as such goes on.
  EXPECT_EQ(CheckHealth(stack().grpc_port(), "").value_or("no answer"), "SERVING");
  stack().redis().Start();
  EXPECT_TRUE(WaitUntil([this] { return Health() == "SERVING"; }));
}

TEST_F(DependencyAwayTest, HealthOfAStrangerIsNotFound) {
  Make({.workers = 0});
  EXPECT_EQ(CheckHealth(stack().grpc_port(), "no.such.Service").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(DependencyAwayTest, ReflectionListsTheService) {
  Make({.workers = 0});
  const auto services = ListServices(stack().grpc_port());
  ASSERT_TRUE(services.ok()) << services.status();
  EXPECT_NE(services->find(kService), std::string::npos);
  EXPECT_NE(services->find("grpc.health.v1.Health"), std::string::npos);
}

TEST_F(DependencyAwayTest, ProcessesWaitForARedisThatComesLater) {
  Make({.workers = 1});
  stack().service().Kill();
  stack().worker(0).Kill();
  stack().redis().Kill();
  stack().service().Start();
  stack().worker(0).Start();
  const auto waits = [](ServerProcess& process) {
    return process.running() && !process.Ready() &&
           process.Log().find("waiting for dependency") != std::string::npos;
  };
  EXPECT_TRUE(WaitUntil([&] { return waits(stack().service()) && waits(stack().worker(0)); }));
  stack().redis().Start();
  stack().service().AwaitReady();
  stack().worker(0).AwaitReady();
  EXPECT_TRUE(WaitUntil([this] { return StatusOfEnqueue() == 200; }));
  EXPECT_TRUE(stack().AwaitLine("x"));
}

}  // namespace
}  // namespace trellis::testing
