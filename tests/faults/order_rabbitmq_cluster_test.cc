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

  // Waits until the process has that connection; the node at its other end.
  size_t NodeOf(ServerProcess& process, const std::string& connection) {
    const std::string start = "\"" + connection + R"(":{"ready":true,"detail":"connected to )";
    std::string address;
    const bool connected = WaitUntil(
        [&] {
          HttpClient client(process.Port("ops"), milliseconds(1000));
          const auto reply = client.Get("/readyz");
          const size_t at = reply.ok() ? reply->body.find(start) : std::string::npos;
          if (at == std::string::npos) return false;
          const size_t begin = at + start.size();
          address = reply->body.substr(begin, reply->body.find('"', begin) - begin);
          return true;
        },
        milliseconds(30'000));
    EXPECT_TRUE(connected) << process.name() << " has no connection to RabbitMQ";
    return connected ? cluster().IndexOf(address) : 0;
  }
  // Kills the node in use, waits until orders flow, and starts it again.
  void KillNodeOf(ServerProcess& process, const std::string& connection) {
    const size_t node = NodeOf(process, connection);
    const base::WallTime killed = Now();
    cluster().node(node).Kill();
    ReportRecovery("kill -9 of node " + std::to_string(node) + ", used by " + process.name(),
                   killed);
    cluster().node(node).Start();
  }
};

TEST_F(OrderRabbitMqClusterTest, NothingIsLostOrDoubledWhileNodesAreKilledOrCutOff) {
  Make({.rabbitmq_nodes = 3});
  stack().SetStock(kSku, kStock);
  OrderLoad load(stack(), kSku, milliseconds(10));
  // At first all of them use the first node.
  KillNodeOf(stack().service(), "rabbitmq");
  KillNodeOf(stack().processor(), "rabbitmq-consumer");
  KillNodeOf(stack().notifier(), "rabbitmq-consumer");

  amqp::testing::RabbitMqNode& node = cluster().node(NodeOf(stack().service(), "rabbitmq"));
  const base::WallTime stopped = Now();
  node.process().Signal(SIGSTOP);
  std::this_thread::sleep_for(kCutOff);  // time itself is the fault
  node.process().Signal(SIGCONT);
  ReportRecovery("SIGSTOP for 8 s of the node used by order", stopped);

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
