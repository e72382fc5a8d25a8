// Guarantee: orders are accepted and none is lost or doubled while the nodes of a RabbitMQ cluster
// are killed or cut off, one at a time; and recovery takes seconds.
#include <csignal>
#include <iostream>
#include <thread>

#include "tests/support/order_load.h"
#include "tests/support/order_stack.h"

namespace trellis::testing {
namespace {

constexpr char kSku[] = "case";
constexpr int64_t kStock = 1'000'000;
constexpr milliseconds kCutOff{8000};

class OrderRabbitMqClusterTest : public OrderTest {
 protected:
  amqp::testing::PrivateRabbitMqCluster& cluster() { return stack().rabbitmq_cluster(); }
  static base::WallTime Now() { return std::chrono::system_clock::now(); }

  static bool IsConnectedTo(ServerProcess& process, const std::string& dependency,
                            const std::string& address) {
    HttpClient client(process.Port("ops"), milliseconds(1000));
    const auto reply = client.Get("/readyz");
    return reply.ok() &&
           reply->body.find("\"" + dependency + R"(":{"ready":true,"detail":"connected to )" +
                            address + "\"") != std::string::npos;
  }
  // Waits until the node serves service, processor and notifier.
  [[nodiscard]] bool AwaitAllOn(size_t node) {
    const std::string address = cluster().node(node).address();
    return WaitUntil(
        [&] {
          return IsConnectedTo(stack().service(), "rabbitmq", address) &&
                 IsConnectedTo(stack().processor(), "rabbitmq", address) &&
                 IsConnectedTo(stack().processor(), "rabbitmq-consumer", address) &&
                 IsConnectedTo(stack().notifier(), "rabbitmq-consumer", address);
        },
        milliseconds(20'000));
  }
};

TEST_F(OrderRabbitMqClusterTest, NothingIsLostOrDoubledWhileNodesAreKilledOrCutOff) {
  Make({.rabbitmq_nodes = 3});
  stack().SetStock(kSku, kStock);
  OrderLoad load(stack(), kSku, milliseconds(10));
  for (size_t node = 0; node < cluster().size(); ++node) {
    ASSERT_TRUE(AwaitAllOn(node)) << "what is killed is the node in use";
    const base::WallTime killed = Now();
    cluster().node(node).Kill();
    ReportRecovery("kill -9 of the connected node " + std::to_string(node), killed);
    cluster().node(node).Start();
  }

  ASSERT_TRUE(AwaitAllOn(0));
  const base::WallTime stopped = Now();
  cluster().node(0).process().Signal(SIGSTOP);
  std::this_thread::sleep_for(kCutOff);  // time itself is the fault
  cluster().node(0).process().Signal(SIGCONT);
  ReportRecovery("SIGSTOP of the connected node for 8 s", stopped);

  const int64_t accepted = load.Stop();
  std::cout << "accepted " << accepted << " orders, the slowest in " << load.slowest().count()
            << " ms" << std::endl;
  EXPECT_GT(accepted, 1000);
  EXPECT_EQ(load.refused(), 0) << "orders wait in the outbox";
  EXPECT_LT(load.slowest(), milliseconds(5000));
  EXPECT_TRUE(stack().AwaitSettled());
  ExpectBalanced(kSku, kStock, accepted);
}

}  // namespace
}  // namespace trellis::testing
