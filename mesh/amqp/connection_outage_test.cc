// What needs a server of its own, because it is killed, stopped or brought into an alarm.
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <csignal>

#include "mesh/amqp/connection.h"
#include "mesh/amqp/testing/connection_fixture.h"

namespace trellis::amqp {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using testing::PrivateRabbitMq;
using testing::WaitUntil;

// One server for the tests of this file: each leaves it running.
class OutageTest : public testing::ConnectionFixture {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PrivateRabbitMq>(); }
  static void TearDownTestSuite() { server_.reset(); }

  // Publishes and gives no answer yet.
  void Spawn(Connection& connection, Message message, Deadline deadline) {
    ++spawned_;
    asio::co_spawn(
        context_, connection.Publish(std::move(message), deadline),
        [this](std::exception_ptr, absl::Status status) { answers_.push_back(std::move(status)); });
  }
  void RunUntilAnswered() {
    context_.restart();
    while (answers_.size() < spawned_) context_.run_one_for(milliseconds(100));
  }

  static std::unique_ptr<PrivateRabbitMq> server_;
  size_t spawned_ = 0;
  std::vector<absl::Status> answers_;
};

std::unique_ptr<PrivateRabbitMq> OutageTest::server_;

TEST_F(OutageTest, KilledServerFailsWhatIsUnderWayAndAllComesBack) {
  Connection connection(Consuming(*server_));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  ASSERT_TRUE(Publish(connection, MessageWith("kept")).ok());
  const auto held = Next(connection);
  ASSERT_TRUE(held.ok());
  ASSERT_TRUE(Publish(connection, MessageWith("prefetched")).ok());

  // Stopped first, so that there is something under way when it dies.
  server_->AwaitQueuesSaved();
  server_->process().Signal(SIGSTOP);
  for (int i = 0; i < 100; ++i) Spawn(connection, MessageWith("lost"), Deadline::Infinite());
  (void)context_.poll();
  server_->process().Kill();
  RunUntilAnswered();
  for (const absl::Status& answer : answers_) {
    EXPECT_EQ(answer.code(), absl::StatusCode::kUnavailable) << answer;
  }
  EXPECT_FALSE(connection.state().connected);
  EXPECT_FALSE(connection.state().detail.empty());
  EXPECT_EQ(Publish(connection, MessageWith("x")).code(), absl::StatusCode::kUnavailable);
  // What was prefetched but not given out will come again, and is not given out twice.
  EXPECT_EQ(Next(connection, milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  connection.Ack(*held);

  server_->Start();
  ASSERT_TRUE(WaitConnected(connection));
  std::vector<std::string> bodies;
  for (int i = 0; i < 2; ++i) {
    const auto again = Next(connection);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_GT(again->connection, held->connection);
    bodies.push_back(again->message.body);
    // An ack for the old connection has the same tag, and does nothing.
    connection.Ack(*held);
    if (i == 1) connection.Ack(*again);
  }
  std::sort(bodies.begin(), bodies.end());
  EXPECT_EQ(bodies, (std::vector<std::string>{"kept", "prefetched"}));
  EXPECT_TRUE(Publish(connection, MessageWith("new")).ok());
  EXPECT_EQ(Next(connection)->message.body, "new");
}

TEST_F(OutageTest, AnAckOfALostConnectionDoesNotAckAnother) {
  Connection connection(Consuming(*server_));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  ASSERT_TRUE(Publish(connection, MessageWith("a")).ok());
  const auto before = Next(connection);
  ASSERT_TRUE(before.ok());
  (void)server_->Control({"close_all_connections", "test"});
  const auto after = Next(connection);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->tag, before->tag);
  EXPECT_GT(after->connection, before->connection);
  connection.Ack(*before);
  connection.Requeue(*after);
  const auto again = Next(connection);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->message.body, "a");
}

TEST_F(OutageTest, TopologyIsBackAfterItWasDeleted) {
  std::vector<ConnectionState> states;
  std::mutex mutex;
  Connection connection(Consuming(*server_));
  connection.set_on_change([&](const ConnectionState& state) {
    const std::lock_guard lock(mutex);
    states.push_back(state);
  });
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  // The exchange first: the loss of the queue is what the broker tells.
  (void)server_->Control({"eval", "rabbit_exchange:delete({resource, <<\"/\">>, exchange, <<\"" +
                                      exchange_ + "\">>}, false, <<\"test\">>)."});
  (void)server_->Control({"delete_queue", queue_});
  ASSERT_TRUE(WaitUntil([&] { return Publish(connection, MessageWith("a")).ok(); }));
  EXPECT_EQ(Next(connection)->message.body, "a");
  const std::lock_guard lock(mutex);
  ASSERT_GE(states.size(), 3u);
  EXPECT_TRUE(states[0].connected);
  EXPECT_EQ(states[0].node, server_->address());
  EXPECT_FALSE(states[1].connected);
  EXPECT_FALSE(states[1].detail.empty());
  EXPECT_TRUE(states.back().connected);
}

TEST_F(OutageTest, AMissingExchangeCostsTheConnectionForAWhile) {
  Connection connection(Options(*server_));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  Message message = MessageWith("a");
  message.exchange = "no such exchange";
  const absl::Status status = Publish(connection, message);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(base::MessageOf(status).find("no such exchange"), std::string::npos) << status;
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_TRUE(Publish(connection, MessageWith("b")).ok());
}

TEST_F(OutageTest, DeadNodesArePassedOver) {
  ConnectionOptions options = Consuming(*server_);
  Node dead;
  dead.host = "127.0.0.1";
  dead.port = static_cast<uint16_t>(base::testing::FreePort());
  Node nameless;
  nameless.host = "nowhere.invalid";
  options.nodes = {dead, nameless, server_->node()};
  Connection connection(std::move(options));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_EQ(connection.state().node, server_->address());
  EXPECT_TRUE(Publish(connection, MessageWith("a")).ok());
}

TEST_F(OutageTest, AWrongPasswordIsSaid) {
  ConnectionOptions options = Options(*server_);
  options.nodes.front().password = "secret";
  Connection connection(std::move(options));
  connection.Start();
  ASSERT_TRUE(WaitUntil([&] {
    return connection.state().detail.find("ACCESS_REFUSED") != std::string::npos;
  })) << connection.state().detail;
  EXPECT_EQ(connection.state().detail.find("secret"), std::string::npos);
}

TEST_F(OutageTest, ATopologyThatDoesNotFitIsSaid) {
  Connection first(Options(*server_));
  first.Start();
  ASSERT_TRUE(WaitConnected(first));
  ConnectionOptions options = Options(*server_);
  options.topology.queues.front().arguments["x-delivery-limit"] = int64_t{7};
  Connection second(std::move(options));
  second.Start();
  EXPECT_TRUE(WaitUntil([&] {
    return second.state().detail.find("x-delivery-limit") != std::string::npos;
  })) << second.state().detail;
  EXPECT_FALSE(second.state().connected);
}

TEST_F(OutageTest, AQueueThatDoesNotAnswerIsNamed) {
  Connection first(Consuming(*server_));
  first.Start();
  ASSERT_TRUE(WaitConnected(first));
  const std::string process = "whereis('%2F_" + queue_ + "')";
  (void)server_->Control({"eval", "sys:suspend(" + process + ")."});
  ConnectionOptions options = Consuming(*server_);
  options.connect_timeout = milliseconds(300);
  Connection second(std::move(options));
  second.Start();
  EXPECT_TRUE(WaitUntil([&] {
    return second.state().detail.find("no answer in time to consuming from queue " + queue_) !=
           std::string::npos;
  })) << second.state().detail;
  (void)server_->Control({"eval", "sys:resume(" + process + ")."});
  EXPECT_TRUE(WaitConnected(second)) << second.state().detail;
}

TEST_F(OutageTest, IdleConnectionsLive) {
  ConnectionOptions options = Consuming(*server_);
  options.heartbeat_seconds = 2;  // one less, and a pause of the machine is a loss
  Connection connection(std::move(options));
  std::atomic<int> changes = 0;
  connection.set_on_change([&](const ConnectionState&) { ++changes; });
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  // Nothing to wait for but time itself: more than three heartbeats of silence.
  EXPECT_EQ(Next(connection, milliseconds(6500)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(changes, 1);
  EXPECT_TRUE(Publish(connection, MessageWith("a")).ok());
}

TEST_F(OutageTest, AServerThatIsSilentIsGivenUp) {
  ConnectionOptions options = Options(*server_);
  options.heartbeat_seconds = 1;
  Connection connection(std::move(options));
  connection.Start();
  ASSERT_TRUE(WaitConnected(connection));
  server_->process().Signal(SIGSTOP);
  EXPECT_EQ(Publish(connection, MessageWith("a")).code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(connection.state().connected);
  server_->process().Signal(SIGCONT);
  ASSERT_TRUE(WaitConnected(connection));
  EXPECT_TRUE(Publish(connection, MessageWith("b")).ok());
}

TEST_F(OutageTest, DestructionAnswersEverybody) {
  auto connection = std::make_unique<Connection>(Consuming(*server_));
  connection->Start();
  ASSERT_TRUE(WaitConnected(*connection));
  absl::Status next = absl::OkStatus();
  asio::co_spawn(
      context_, connection->Next(Deadline::Infinite()),
      [&](std::exception_ptr, absl::StatusOr<Delivery> delivery) { next = delivery.status(); });
  server_->process().Signal(SIGSTOP);
  for (int i = 0; i < 100; ++i) Spawn(*connection, MessageWith("x"), Deadline::Infinite());
  (void)context_.poll();
  const Deadline soon = Deadline::After(milliseconds(5000));
  connection.reset();
  EXPECT_FALSE(soon.Expired()) << "the silent broker held it up";
  server_->process().Signal(SIGCONT);
  RunUntilAnswered();
  for (const absl::Status& answer : answers_) {
    EXPECT_EQ(answer.code(), absl::StatusCode::kUnavailable) << answer;
  }
  while (next.ok()) context_.run_one_for(milliseconds(100));
  EXPECT_EQ(next.code(), absl::StatusCode::kCancelled);
}

TEST_F(OutageTest, DestructionWhileConnectingIsQuick) {
  server_->process().Signal(SIGSTOP);
  ConnectionOptions options = Options(*server_);
  options.connect_timeout = milliseconds(60'000);
  auto connection = std::make_unique<Connection>(std::move(options));
  connection->Start();
  const Deadline soon = Deadline::After(milliseconds(10'000));
  EXPECT_EQ(Next(*connection, milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  connection.reset();
  EXPECT_FALSE(soon.Expired());
  server_->process().Signal(SIGCONT);
}

TEST_F(OutageTest, MemoryAlarmBlocksPublishesAndNothingElse) {
  Connection publisher(Options(*server_));
  Connection consumer(Consuming(*server_));
  publisher.Start();
  consumer.Start();
  ASSERT_TRUE(WaitConnected(publisher));
  ASSERT_TRUE(WaitConnected(consumer));
  for (const char* body : {"0", "1"}) ASSERT_TRUE(Publish(publisher, MessageWith(body)).ok());

  server_->SetMemoryAlarm(true);
  // The broker says so to those who publish.
  ASSERT_TRUE(WaitUntil([&] {
    (void)Publish(publisher, MessageWith("probe"), milliseconds(50));
    return publisher.state().blocked;
  }));
  EXPECT_TRUE(publisher.state().connected);
  EXPECT_NE(publisher.state().detail.find("memory"), std::string::npos);
  const Deadline deadline = Deadline::After(milliseconds(300));
  for (int i = 0; i < 100; ++i) Spawn(publisher, MessageWith("late"), deadline);
  RunUntilAnswered();
  EXPECT_TRUE(deadline.Expired());
  for (const absl::Status& answer : answers_) {
    EXPECT_EQ(answer.code(), absl::StatusCode::kDeadlineExceeded) << answer;
  }
  for (const char* body : {"0", "1"}) {
    const auto delivery = Next(consumer);
    ASSERT_TRUE(delivery.ok()) << delivery.status();
    EXPECT_EQ(delivery->message.body, body);
    consumer.Ack(*delivery);
  }

  // One that waits out the alarm is published after it.
  Spawn(publisher, MessageWith("patient"), Deadline::After(milliseconds(30'000)));
  (void)context_.poll();
  server_->SetMemoryAlarm(false);
  RunUntilAnswered();
  EXPECT_TRUE(answers_.back().ok()) << answers_.back();
  EXPECT_FALSE(publisher.state().blocked);
  EXPECT_TRUE(publisher.state().detail.empty());
  // Those that ran into their deadlines were never sent.
  for (;;) {
    const auto delivery = Next(consumer);
    ASSERT_TRUE(delivery.ok()) << delivery.status();
    EXPECT_NE(delivery->message.body, "late");
    if (delivery->message.body == "patient") break;
  }
}

}  // namespace
}  // namespace trellis::amqp
