#include <gmock/gmock.h>

#include "mesh/amqp/connection.h"
#include "mesh/amqp/testing/shared_server.h"

namespace trellis::amqp {
namespace {

using base::Deadline;
using base::milliseconds;
using testing::WaitUntil;

class GetTest : public testing::SharedServerTest {
 protected:
  void SetUp() override {
    connection_ = std::make_unique<Connection>(Options());
    connection_->Start();
    ASSERT_TRUE(WaitConnected(*connection_));
  }
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(Publish(*connection_, MessageWith(std::to_string(i))).ok());
    }
  }
  absl::StatusOr<std::optional<Got>> Get(const std::string& queue,
                                         milliseconds patience = milliseconds(20'000)) {
    return base::testing::RunCoroutine(context_,
                                       connection_->Get(queue, Deadline::After(patience)));
  }
  // The body of the next message; "" when there is none.
  std::string Body(const std::string& queue, std::vector<Delivery>* held) {
    auto got = Get(queue);
    EXPECT_TRUE(got.ok()) << got.status();
    if (!got.ok() || !*got) return "";
    held->push_back(std::move((*got)->delivery));
    return held->back().message.body;
  }

  std::unique_ptr<Connection> connection_;
};

TEST_F(GetTest, TakesOneAfterTheOtherAndSaysHowManyAreLeft) {
  Fill(3);
  for (int64_t left = 2; left >= 0; --left) {
    const auto got = Get(queue_);
    ASSERT_TRUE(got.ok() && *got) << got.status();
    EXPECT_EQ((*got)->delivery.message.body, std::to_string(2 - left));
    EXPECT_EQ((*got)->delivery.message.message_id, "id-" + std::to_string(2 - left));
    EXPECT_EQ((*got)->left, left);
    connection_->Ack((*got)->delivery);
  }
  const auto none = Get(queue_);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(*none);
}

TEST_F(GetTest, RequeuedInOrderLeavesTheQueueAsItWas) {
  Fill(5);
  std::vector<Delivery> held;
  for (const char* body : {"0", "1", "2"}) EXPECT_EQ(Body(queue_, &held), body);
  for (const Delivery& delivery : held) connection_->Requeue(delivery);
  held.clear();
  for (const char* body : {"0", "1", "2", "3", "4", ""}) EXPECT_EQ(Body(queue_, &held), body);
  EXPECT_EQ(held[0].delivery_count, 1);
  EXPECT_EQ(held[3].delivery_count, 0);
}

TEST_F(GetTest, WhatWasNotSettledIsThereAgainAfterTheConnection) {
  Fill(2);
  std::vector<Delivery> held;
  EXPECT_EQ(Body(queue_, &held), "0");
  connection_.reset();
  EXPECT_TRUE(WaitUntil([this] { return server().Ready(queue_) == 2; }));
  SetUp();
  // Settling what came by an older connection does nothing.
  connection_->Ack(held[0]);
  EXPECT_EQ(Body(queue_, &held), "0");
}

TEST_F(GetTest, SaysWhyAndWhenAMessageDied) {
  Fill(1);
  std::vector<Delivery> held;
  EXPECT_EQ(Body(queue_, &held), "0");
  EXPECT_FALSE(held[0].death);
  connection_->Reject(held[0]);
  ASSERT_TRUE(WaitUntil([this] { return server().Ready(dead_queue_) == 1; }));
  EXPECT_EQ(Body(dead_queue_, &held), "0");
  ASSERT_TRUE(held[1].death);
  EXPECT_EQ(held[1].death->queue, queue_);
  EXPECT_EQ(held[1].death->reason, "rejected");
  EXPECT_EQ(held[1].death->count, 1);
  const auto age = std::chrono::system_clock::now() - held[1].death->time;
  EXPECT_LT(age, std::chrono::minutes(10));
  EXPECT_GT(age, -std::chrono::minutes(1));
}

TEST_F(GetTest, GetsBesideAConsumerOfTheSameConnection) {
  connection_ = std::make_unique<Connection>(Consuming());
  connection_->Start();
  ASSERT_TRUE(WaitConnected(*connection_));
  Fill(1);
  const auto delivery = Next(*connection_);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  connection_->Reject(*delivery);
  ASSERT_TRUE(WaitUntil([this] { return server().Ready(dead_queue_) == 1; }));
  std::vector<Delivery> held;
  EXPECT_EQ(Body(dead_queue_, &held), "0");
  Fill(1);
  EXPECT_EQ(Next(*connection_)->message.body, "0");
}

TEST_F(GetTest, AQueueThatIsNotThereIsUnavailableAndTheConnectionComesBack) {
  EXPECT_EQ(Get("nobodys.queue").status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(WaitConnected(*connection_));
  Fill(1);
  std::vector<Delivery> held;
  EXPECT_EQ(Body(queue_, &held), "0");
}

TEST_F(GetTest, WithoutAConnectionItIsUnavailable) {
  connection_ = std::make_unique<Connection>(Options());
  EXPECT_EQ(Get(queue_).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::amqp
