#ifndef MESH_AMQP_TESTING_CONNECTION_FIXTURE_H_
#define MESH_AMQP_TESTING_CONNECTION_FIXTURE_H_

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "mesh/amqp/testing/private_rabbitmq.h"
#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::amqp::testing {

using base::Deadline;
using base::milliseconds;
using base::testing::WaitUntil;

// Tests of Connection: names of their own on a server that they may share. A queue with a
// dead-letter queue behind it, bound to an exchange.
class ConnectionFixture : public ::testing::Test {
 protected:
  ConnectionFixture() {
    const auto* const info = ::testing::UnitTest::GetInstance()->current_test_info();
    const std::string name = std::string(info->test_suite_name()) + "." + info->name();
    exchange_ = name;
    queue_ = name + ".queue";
    dead_exchange_ = name + ".dlx";
    dead_queue_ = name + ".dead";
  }

  [[nodiscard]] Topology TestTopology(int delivery_limit = 3) const {
    Topology topology;
    topology.exchanges = {{exchange_, "direct"}, {dead_exchange_, "fanout"}};
    topology.queues = {{queue_,
                        {{"x-queue-type", "quorum"},
                         {"x-delivery-limit", int64_t{delivery_limit}},
                         {"x-dead-letter-exchange", dead_exchange_}}},
                       {dead_queue_, {{"x-queue-type", "quorum"}}}};
    topology.bindings = {{exchange_, queue_, "key"}, {dead_exchange_, dead_queue_, ""}};
    return topology;
  }

  // Publishes only; with Consuming, from queue_.
  [[nodiscard]] ConnectionOptions Options(const RabbitMqNode& server) const {
    ConnectionOptions options;
    options.nodes = {server.node()};
    options.name = exchange_;
    options.topology = TestTopology();
    options.connect_timeout = milliseconds(10'000);
    options.reconnect = {milliseconds(20), milliseconds(200)};
    return options;
  }
  [[nodiscard]] ConnectionOptions Consuming(const RabbitMqNode& server) const {
    ConnectionOptions options = Options(server);
    options.queue = queue_;
    return options;
  }

  [[nodiscard]] static bool WaitConnected(const Connection& connection, bool wanted = true) {
    return WaitUntil([&] { return connection.state().connected == wanted; }, milliseconds(20'000));
  }

  [[nodiscard]] Message MessageWith(std::string body) const {
    Message message;
    message.exchange = exchange_;
    message.routing_key = "key";
    message.message_id = "id-" + body;
    message.body = std::move(body);
    return message;
  }

  absl::Status Publish(Publisher& publisher, Message message,
                       milliseconds patience = milliseconds(20'000)) {
    return base::testing::RunCoroutine(
        context_, publisher.Publish(std::move(message), Deadline::After(patience)));
  }
  absl::StatusOr<Delivery> Next(Consumer& consumer, milliseconds patience = milliseconds(20'000)) {
    return base::testing::RunCoroutine(context_, consumer.Next(Deadline::After(patience)));
  }

  std::string exchange_;
  std::string queue_;
  std::string dead_exchange_;
  std::string dead_queue_;
  boost::asio::io_context context_{1};
};

}  // namespace trellis::amqp::testing

#endif  // MESH_AMQP_TESTING_CONNECTION_FIXTURE_H_
