#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include "mesh/amqp/connection.h"
#include "mesh/amqp/testing/shared_server.h"

namespace trellis::amqp {
namespace {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using testing::WaitUntil;

class ConsumeTest : public testing::SharedServerTest {
 protected:
  // Consumes and publishes; `dead` consumes what the first one's queue gave up.
  void SetUp() override {
    connection_ = std::make_unique<Connection>(Consuming());
    connection_->Start();
    ASSERT_TRUE(WaitConnected(*connection_));
  }

  absl::StatusOr<Delivery> NextDead() {
    ConnectionOptions options = Options();
    options.queue = dead_queue_;
    Connection dead(std::move(options));
    dead.Start();
    auto delivery = Next(dead);
    if (delivery.ok()) dead.Ack(*delivery);
    return delivery;
  }

  std::unique_ptr<Connection> connection_;
};

TEST_F(ConsumeTest, AckedIsGone) {
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  const auto delivery = Next(*connection_);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  connection_->Ack(*delivery);
  connection_.reset();
  Connection again(Consuming());
  again.Start();
  ASSERT_TRUE(WaitConnected(again));
  ASSERT_TRUE(Publish(again, MessageWith("b")).ok());
  EXPECT_EQ(Next(again)->message.body, "b");
}

TEST_F(ConsumeTest, NotAckedComesAgainByTheNextConnection) {
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  const auto first = Next(*connection_);
  ASSERT_TRUE(first.ok());
  connection_ = std::make_unique<Connection>(Consuming());
  connection_->Start();
  const auto second = Next(*connection_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->message.body, "a");
  EXPECT_EQ(second->delivery_count, 1);
}

TEST_F(ConsumeTest, RequeuedComesAgainAndIsCounted) {
  Message message = MessageWith("a");
  message.headers["x-attempt"] = "1";
  ASSERT_TRUE(Publish(*connection_, message).ok());
  for (int64_t count = 0; count < 3; ++count) {
    const auto delivery = Next(*connection_);
    ASSERT_TRUE(delivery.ok()) << delivery.status();
    EXPECT_EQ(delivery->delivery_count, count);
    EXPECT_EQ(delivery->message.headers, message.headers);
    connection_->Requeue(*delivery);
  }
}

TEST_F(ConsumeTest, RejectedGoesToTheDeadLetterExchange) {
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  const auto delivery = Next(*connection_);
  ASSERT_TRUE(delivery.ok());
  connection_->Reject(*delivery);
  const auto dead = NextDead();
  ASSERT_TRUE(dead.ok()) << dead.status();
  EXPECT_EQ(dead->message.body, "a");
  EXPECT_EQ(dead->message.message_id, "id-a");
  EXPECT_EQ(dead->message.exchange, dead_exchange_);
  EXPECT_EQ(dead->message.headers.at("x-first-death-reason"), "rejected");
}

TEST_F(ConsumeTest, BeyondTheDeliveryLimitItIsDead) {
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  for (int i = 0; i <= 3; ++i) {
    const auto delivery = Next(*connection_);
    ASSERT_TRUE(delivery.ok()) << i;
    connection_->Requeue(*delivery);
  }
  const auto dead = NextDead();
  ASSERT_TRUE(dead.ok()) << dead.status();
  EXPECT_EQ(dead->message.headers.at("x-first-death-reason"), "delivery_limit");
}

TEST_F(ConsumeTest, SettlingTwiceDoesNothing) {
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  const auto delivery = Next(*connection_);
  ASSERT_TRUE(delivery.ok());
  connection_->Ack(*delivery);
  connection_->Ack(*delivery);
  connection_->Requeue(*delivery);
  Delivery unknown;
  unknown.connection = delivery->connection;
  unknown.tag = 12345;
  connection_->Reject(unknown);
  ASSERT_TRUE(Publish(*connection_, MessageWith("b")).ok());
  const auto second = Next(*connection_);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->message.body, "b");
  EXPECT_EQ(second->connection, delivery->connection) << "it cost the connection";
}

TEST_F(ConsumeTest, PrefetchHoldsBack) {
  ConnectionOptions options = Consuming();
  options.prefetch = 3;
  connection_ = std::make_unique<Connection>(std::move(options));
  connection_->Start();
  ASSERT_TRUE(WaitConnected(*connection_));
  std::vector<Delivery> held;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Publish(*connection_, MessageWith(std::to_string(i))).ok());
  }
  for (int i = 0; i < 3; ++i) {
    auto delivery = Next(*connection_);
    ASSERT_TRUE(delivery.ok());
    held.push_back(std::move(*delivery));
  }
  EXPECT_EQ(Next(*connection_, milliseconds(100)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server().Ready(queue_), 7);
  connection_->Ack(held.front());
  const auto fourth = Next(*connection_);
  ASSERT_TRUE(fourth.ok());
  EXPECT_EQ(fourth->message.body, "3");
}

TEST_F(ConsumeTest, WaitersAreServedInTheirOrder) {
  std::vector<std::string> bodies(5);
  int answered = 0;
  for (size_t i = 0; i < bodies.size(); ++i) {
    asio::co_spawn(context_, connection_->Next(Deadline::After(milliseconds(20'000))),
                   [&, i](std::exception_ptr, absl::StatusOr<Delivery> delivery) {
                     ASSERT_TRUE(delivery.ok()) << delivery.status();
                     bodies[i] = delivery->message.body;
                     ++answered;
                   });
  }
  context_.poll();
  for (const char* body : {"0", "1", "2", "3", "4"}) {
    ASSERT_TRUE(Publish(*connection_, MessageWith(body)).ok());
  }
  while (answered < 5) context_.run_one_for(milliseconds(100));
  EXPECT_EQ(bodies, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
}

TEST_F(ConsumeTest, EachWaitEndsByItsOwnDeadline) {
  std::vector<int> order;
  for (const int wait_ms : {150, 50, 100}) {
    asio::co_spawn(context_, connection_->Next(Deadline::After(milliseconds(wait_ms))),
                   [&order, wait_ms](std::exception_ptr, absl::StatusOr<Delivery> delivery) {
                     EXPECT_EQ(delivery.status().code(), absl::StatusCode::kDeadlineExceeded);
                     order.push_back(wait_ms);
                   });
  }
  while (order.size() < 3) context_.run_one_for(milliseconds(100));
  EXPECT_EQ(order, (std::vector<int>{50, 100, 150}));
  // A message that comes after that is for who asks then.
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  EXPECT_EQ(Next(*connection_)->message.body, "a");
}

TEST_F(ConsumeTest, StoppedGivesOutWhatIsHereAndNoMore) {
  for (const char* body : {"0", "1", "2"}) {
    ASSERT_TRUE(Publish(*connection_, MessageWith(body)).ok());
  }
  const auto first = Next(*connection_);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(WaitUntil([&] { return server().Ready(queue_) == 0; }));
  connection_->StopConsuming();
  for (const char* body : {"1", "2"}) {
    const auto delivery = Next(*connection_);
    ASSERT_TRUE(delivery.ok()) << delivery.status();
    EXPECT_EQ(delivery->message.body, body);
    connection_->Ack(*delivery);
  }
  EXPECT_EQ(Next(*connection_).status().code(), absl::StatusCode::kCancelled);
  ASSERT_TRUE(Publish(*connection_, MessageWith("3")).ok());
  EXPECT_EQ(Next(*connection_).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(server().Ready(queue_), 1);
  // What was delivered can still be acked.
  connection_->Ack(*first);
  connection_.reset();
  EXPECT_TRUE(WaitUntil([&] { return server().Ready(queue_) == 1; }));
}

TEST_F(ConsumeTest, StoppingEndsWaits) {
  absl::Status status = absl::OkStatus();
  asio::co_spawn(
      context_, connection_->Next(Deadline::Infinite()),
      [&](std::exception_ptr, absl::StatusOr<Delivery> delivery) { status = delivery.status(); });
  context_.poll();
  connection_->StopConsuming();
  while (status.ok()) context_.run_one_for(milliseconds(100));
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST_F(ConsumeTest, StoppedBeforeItBegan) {
  connection_ = std::make_unique<Connection>(Consuming());
  connection_->StopConsuming();
  EXPECT_EQ(Next(*connection_).status().code(), absl::StatusCode::kCancelled);
  connection_->Start();
  ASSERT_TRUE(WaitConnected(*connection_));
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  EXPECT_EQ(server().Ready(queue_), 1);
}

TEST_F(ConsumeTest, FlushPutsAcksOnTheWire) {
  constexpr int kMessages = 50;
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(Publish(*connection_, MessageWith(std::to_string(i))).ok());
  }
  for (int i = 0; i < kMessages; ++i) {
    const auto delivery = Next(*connection_);
    ASSERT_TRUE(delivery.ok());
    connection_->Ack(*delivery);
  }
  const Deadline deadline = Deadline::After(milliseconds(20'000));
  connection_->Flush(deadline);
  EXPECT_FALSE(deadline.Expired());
  // The broker has them all, though the connection stays.
  EXPECT_TRUE(WaitUntil([&] {
    return server().Control({"list_queues", "name", "messages"}).find(queue_ + "\t0\n") !=
           std::string::npos;
  }));
  Connection idle(Options());  // never started
  idle.Flush(deadline);
  EXPECT_FALSE(deadline.Expired());
}

TEST_F(ConsumeTest, NextWaitsForTheConnectionToo) {
  ASSERT_TRUE(Publish(*connection_, MessageWith("a")).ok());
  connection_ = std::make_unique<Connection>(Consuming());
  EXPECT_EQ(Next(*connection_, milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  connection_->Start();
  EXPECT_EQ(Next(*connection_)->message.body, "a");
}

TEST_F(ConsumeTest, ADeletedQueueIsDeclaredAgain) {
  (void)server().Control({"delete_queue", queue_});
  absl::Status status = absl::UnknownError("none");
  ASSERT_TRUE(WaitUntil(
      [&] {
        status = Publish(*connection_, MessageWith("a"));
        return status.ok();
      },
      milliseconds(30'000)))
      << status;
  EXPECT_EQ(Next(*connection_)->message.body, "a");
}

}  // namespace
}  // namespace trellis::amqp
