#ifndef MESH_NATS_TESTING_CONNECTION_FIXTURE_H_
#define MESH_NATS_TESTING_CONNECTION_FIXTURE_H_

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "mesh/base/testing/run.h"
#include "mesh/nats/connection.h"
#include "mesh/nats/testing/private_nats.h"

namespace trellis::nats::testing {

using base::Deadline;
using base::milliseconds;
using base::testing::WaitUntil;

// Tests of Connection on one server for all tests of a suite, each with empty streams: EVENTS, a
// work queue with the consumer "workers", and DEAD.
class ConnectionFixture : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PrivateNats>(); }
  static void TearDownTestSuite() { server_.reset(); }
  ConnectionFixture() {
    server_->DeleteStream("EVENTS");
    server_->DeleteStream("DEAD");
  }

  static ConnectionOptions Options() {
    ConnectionOptions options;
    options.servers = {server_->url()};
    options.name = "test";
    options.streams = {{"EVENTS", {"events"}, Retention::kWorkQueue, std::chrono::hours(24)},
                       {"DEAD", {"dead"}}};
    options.reconnect = {milliseconds(10), milliseconds(100)};
    return options;
  }
  static ConnectionOptions Consuming(milliseconds ack_wait = milliseconds(1000)) {
    ConnectionOptions options = Options();
    options.consumer = DurableConsumer{"EVENTS", "workers", ack_wait, 3, "dead"};
    options.prefetch = 100;
    return options;
  }
  static std::unique_ptr<Connection> Connected(ConnectionOptions options) {
    auto connection = std::make_unique<Connection>(std::move(options));
    connection->Start();
    EXPECT_TRUE(WaitConnected(*connection)) << connection->state().detail;
    return connection;
  }
  static bool WaitConnected(const Connection& connection) {
    return WaitUntil([&] { return connection.state().connected; }, milliseconds(30'000));
  }

  static std::vector<Message> Numbered(int count, int first = 0) {
    std::vector<Message> messages;
    for (int i = first; i < first + count; ++i) messages.push_back({"events", std::to_string(i)});
    return messages;
  }
  std::vector<absl::Status> Publish(Connection& connection, std::vector<Message> messages,
                                    milliseconds patience = milliseconds(10'000)) {
    return base::testing::RunCoroutine(
        context_, connection.Publish(std::move(messages), Deadline::After(patience)));
  }
  static bool AllOk(const std::vector<absl::Status>& statuses) {
    for (const absl::Status& status : statuses) {
      EXPECT_TRUE(status.ok()) << status;
      if (!status.ok()) return false;
    }
    return !statuses.empty();
  }
  absl::StatusOr<std::vector<Delivery>> Next(Connection& connection, int max = 1,
                                             milliseconds patience = milliseconds(10'000)) {
    return base::testing::RunCoroutine(context_, connection.Next(max, Deadline::After(patience)));
  }
  // Collects until there are so many or the patience is over.
  std::vector<Delivery> Take(Connection& connection, size_t count,
                             milliseconds patience = milliseconds(10'000)) {
    std::vector<Delivery> taken;
    const Deadline end = Deadline::After(patience);
    while (taken.size() < count && !end.Expired()) {
      const auto more = Next(connection, static_cast<int>(count - taken.size()), end.Remaining());
      if (more.ok()) taken.insert(taken.end(), more->begin(), more->end());
    }
    return taken;
  }

  static std::unique_ptr<PrivateNats> server_;
  boost::asio::io_context context_{1};
};

inline std::unique_ptr<PrivateNats> ConnectionFixture::server_;

}  // namespace trellis::nats::testing

#endif  // MESH_NATS_TESTING_CONNECTION_FIXTURE_H_
