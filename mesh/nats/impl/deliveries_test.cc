#include "mesh/nats/impl/deliveries.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace trellis::nats {
namespace {

using base::milliseconds;
using base::SteadyTime;

class DeliveriesTest : public ::testing::Test {
 protected:
  DeliveriesTest() { deliveries_.Begin(1); }

  Delivery Hold(const std::string& name, uint64_t session = 1) {
    return *deliveries_.Hold(session, "ack." + name, name, 1, now_);
  }
  bool Arrive(const std::string& name) { return deliveries_.Offer(Hold(name)); }
  std::vector<Delivery> Take(int max) {
    auto result = deliveries_.TakeOrWait(max, nullptr);
    return result && result->ok() ? **result : std::vector<Delivery>();
  }
  int Ask() { return deliveries_.Ask(now_, now_ + milliseconds(30'000)); }

  SteadyTime now_{std::chrono::hours(1)};
  Deliveries deliveries_{100, milliseconds(6000)};
};

TEST_F(DeliveriesTest, AsksForWhatItHasRoomForInLargePieces) {
  EXPECT_EQ(Ask(), 100);
  EXPECT_EQ(Ask(), 0);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Arrive("a"));
  EXPECT_EQ(Ask(), 0);
  std::vector<Delivery> taken = Take(100);
  EXPECT_EQ(Ask(), 0) << "in hand is not done";
  EXPECT_FALSE(deliveries_.Release(1, taken[0].tag).empty());
  EXPECT_EQ(Ask(), 1);
  for (int i = 1; i <= 24; ++i) (void)deliveries_.Release(1, taken[i].tag);
  EXPECT_EQ(Ask(), 0) << "a piece is a quarter";
  (void)deliveries_.Release(1, taken[25].tag);
  EXPECT_EQ(Ask(), 25);
}

TEST_F(DeliveriesTest, WhatTheServerWillNotSendIsAskedForAgain) {
  EXPECT_EQ(Ask(), 100);
  deliveries_.Unasked(2, 100);
  EXPECT_EQ(Ask(), 0) << "of another connection";
  deliveries_.Unasked(1, 40);
  EXPECT_EQ(Ask(), 40);
}

TEST_F(DeliveriesTest, AskedLongAgoWithoutAnAnswerIsNotAsked) {
  EXPECT_EQ(Ask(), 100);
  now_ += milliseconds(31'000);
  EXPECT_EQ(Ask(), 0);
  now_ += milliseconds(2'000);
  EXPECT_EQ(Ask(), 100);
}

TEST_F(DeliveriesTest, OneWaiterIsWokenForADeliveryAndTheNextForWhatIsLeft) {
  boost::asio::io_context context;
  const auto one = std::make_shared<Waiter>(context.get_executor());
  const auto other = std::make_shared<Waiter>(context.get_executor());
  const Waker wake_one(context.get_executor(), one), wake_other(context.get_executor(), other);
  EXPECT_FALSE(deliveries_.TakeOrWait(1, &wake_one));
  EXPECT_FALSE(deliveries_.TakeOrWait(1, &wake_other));
  (void)Arrive("a");
  context.run();
  EXPECT_TRUE(one->set());
  EXPECT_FALSE(other->set());
  (void)Arrive("b");
  context.restart();
  context.run();
  EXPECT_TRUE(other->set());
  EXPECT_EQ(Take(1)[0].data, "a");
  EXPECT_EQ(Take(1)[0].data, "b");
}

TEST_F(DeliveriesTest, WhoLeavesIsNotWokenInsteadOfAnother) {
  boost::asio::io_context context;
  const auto gone = std::make_shared<Waiter>(context.get_executor());
  const auto there = std::make_shared<Waiter>(context.get_executor());
  const Waker wake_gone(context.get_executor(), gone), wake_there(context.get_executor(), there);
  EXPECT_FALSE(deliveries_.TakeOrWait(1, &wake_gone));
  EXPECT_FALSE(deliveries_.TakeOrWait(1, &wake_there));
  deliveries_.Leave(wake_gone);
  (void)Arrive("a");
  context.run();
  EXPECT_FALSE(gone->set());
  EXPECT_TRUE(there->set());
}

TEST_F(DeliveriesTest, WhatIsHereIsGivenOutBeforeItIsCancelled) {
  (void)Arrive("a");
  deliveries_.Close();
  EXPECT_EQ(Take(5).size(), 1u);
  const auto result = deliveries_.TakeOrWait(5, nullptr);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status().code(), absl::StatusCode::kCancelled);
}

TEST_F(DeliveriesTest, AnotherConnectionKnowsNothingOfTheLastOnes) {
  const Delivery delivery = Hold("a");
  (void)Arrive("b");
  deliveries_.Drop();
  EXPECT_TRUE(Take(1).empty());
  deliveries_.Begin(2);
  EXPECT_EQ(deliveries_.Release(1, delivery.tag), "");
  EXPECT_FALSE(deliveries_.Hold(1, "ack.late", "late", 1, now_));
  EXPECT_EQ(Ask(), 100);
}

TEST_F(DeliveriesTest, TheServerHearsOfWhatIsHereAndInHandBeforeTheAckWaitIsOver) {
  (void)Arrive("here");
  const Delivery held = Hold("held"), done = Hold("done");
  EXPECT_EQ(deliveries_.Release(1, done.tag), "ack.done");
  now_ += milliseconds(1900);
  EXPECT_TRUE(deliveries_.ToTouch(now_).empty());
  now_ += milliseconds(200);
  EXPECT_EQ(deliveries_.ToTouch(now_).size(), 2u);
  EXPECT_TRUE(deliveries_.ToTouch(now_).empty());
  now_ += milliseconds(2000);
  EXPECT_EQ(deliveries_.ToTouch(now_).size(), 2u);
}

}  // namespace
}  // namespace trellis::nats
