#include "mesh/nats/connection.h"

#include <gtest/gtest.h>

#include <set>

#include "mesh/nats/testing/connection_fixture.h"

namespace trellis::nats {
namespace {

using absl::StatusCode;
using testing::milliseconds;
using testing::WaitUntil;

class ConnectionTest : public testing::ConnectionFixture {};

TEST_F(ConnectionTest, WhatIsPublishedIsInTheStreamAndDeliveredOnce) {
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(3))));
  EXPECT_EQ(server_->Messages("EVENTS"), 3);
  std::vector<std::string> bodies;
  for (const Delivery& delivery : Take(*connection, 3)) {
    bodies.push_back(delivery.data);
    EXPECT_EQ(delivery.attempt, 1);
    connection->Ack({delivery});
  }
  EXPECT_EQ(bodies, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 0; }));
  EXPECT_EQ(Next(*connection, 1, milliseconds(1500)).status().code(),
            StatusCode::kDeadlineExceeded);
}

TEST_F(ConnectionTest, AThousandAtOnceAreConfirmedAndComeInBatches) {
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1000))));
  std::set<std::string> bodies;
  while (bodies.size() < 1000) {
    const auto batch = Next(*connection, 70);
    ASSERT_TRUE(batch.ok()) << batch.status() << bodies.size();
    EXPECT_LE(batch->size(), 70u);
    for (const Delivery& delivery : *batch) {
      EXPECT_TRUE(bodies.insert(delivery.data).second);
      connection->Ack({delivery});
    }
  }
}

TEST_F(ConnectionTest, NoMoreThanThePrefetchIsTakenFromOthers) {
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(250))));
  EXPECT_EQ(Take(*connection, 100).size(), 100u);
  EXPECT_EQ(server_->AckPending("EVENTS", "workers"), 100);
  EXPECT_EQ(Next(*connection, 1, milliseconds(100)).status().code(), StatusCode::kDeadlineExceeded);
}

TEST_F(ConnectionTest, TwoConsumersShareTheMessages) {
  const auto one = Connected(Consuming()), other = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*one, Numbered(400))));
  std::set<std::string> by[2];
  EXPECT_TRUE(WaitUntil([&] {
    int who = 0;
    for (Connection* const connection : {one.get(), other.get()}) {
      const auto batch = Next(*connection, 20, milliseconds(50));
      for (const Delivery& delivery : batch.value_or(std::vector<Delivery>())) {
        EXPECT_TRUE(by[who].insert(delivery.data).second);
        connection->Ack({delivery});
      }
      ++who;
    }
    return by[0].size() + by[1].size() == 400;
  }));
  EXPECT_FALSE(by[0].empty());
  EXPECT_FALSE(by[1].empty());
}

TEST_F(ConnectionTest, WhatIsRetriedComesAgainAtOnceOrAfterItsDelay) {
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1))));
  auto taken = Take(*connection, 1);
  ASSERT_EQ(taken.size(), 1u);
  connection->Retry(taken[0]);
  taken = Take(*connection, 1);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].attempt, 2);
  const auto start = std::chrono::steady_clock::now();
  connection->Retry(taken[0], milliseconds(400));
  taken = Take(*connection, 1);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].attempt, 3);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(390));
}

TEST_F(ConnectionTest, ADeliveryStaysWithItsHolderBeyondTheAckWait) {
  const milliseconds ack_wait(3000);
  const auto connection = Connected(Consuming(ack_wait));
  const auto other = Connected(Consuming(ack_wait));
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1))));
  Connection* holder = nullptr;
  std::vector<Delivery> held;
  for (int look = 0; look < 50 && held.empty(); ++look) {
    holder = look % 2 == 0 ? connection.get() : other.get();
    held = Take(*holder, 1, milliseconds(200));
  }
  ASSERT_EQ(held.size(), 1u);
  for (Connection* const who : {connection.get(), other.get()}) {
    EXPECT_EQ(Next(*who, 1, ack_wait * 2 / 3).status().code(), StatusCode::kDeadlineExceeded);
  }
  holder->Ack({held[0]});
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 0; }));
}

TEST_F(ConnectionTest, WhatIsBuriedIsDeadAndNotInTheQueue) {
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(2))));
  const auto taken = Take(*connection, 2);
  ASSERT_EQ(taken.size(), 2u);
  connection->Bury(taken[0]);
  connection->Ack({taken[1]});
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 0; }));
  EXPECT_EQ(server_->Bodies("DEAD"), std::vector<std::string>{taken[0].data});
}

TEST_F(ConnectionTest, AMessageWhoseDeliveriesAreUsedUpIsBuriedByWhoeverGetsIt) {
  const auto connection = Connected(Consuming());
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1))));
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto taken = Take(*connection, 1);
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].attempt, attempt);
    EXPECT_EQ(server_->Messages("DEAD"), 0);
    connection->Retry(taken[0]);
  }
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 0; }));
  EXPECT_EQ(server_->Bodies("DEAD"), std::vector<std::string>{"0"});
  EXPECT_EQ(Next(*connection, 1, milliseconds(200)).status().code(), StatusCode::kDeadlineExceeded);
}

TEST_F(ConnectionTest, WhatWasInHandOfOneThatEndsComesAgainAtOnce) {
  const milliseconds ack_wait(6000);
  auto gone = Connected(Consuming(ack_wait));
  EXPECT_TRUE(AllOk(Publish(*gone, Numbered(10))));
  const auto taken = Take(*gone, 5);
  ASSERT_EQ(taken.size(), 5u);
  gone->Ack({taken[0]});
  gone.reset();
  const auto connection = Connected(Consuming(ack_wait));
  const auto again = Take(*connection, 9, ack_wait - milliseconds(1000));
  EXPECT_EQ(again.size(), 9u);
  for (const Delivery& delivery : again) EXPECT_EQ(delivery.attempt, 2) << delivery.data;
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 9; }));
}

TEST_F(ConnectionTest, OneThatIsStoppedGivesOutWhatIsHereAndTakesNoMore) {
  const milliseconds ack_wait(6000);
  const auto connection = Connected(Consuming(ack_wait));
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(10))));
  ASSERT_TRUE(WaitUntil([&] { return server_->AckPending("EVENTS", "workers") == 10; }));
  connection->StopConsuming();
  const auto taken = Take(*connection, 10);
  EXPECT_EQ(taken.size(), 10u);
  EXPECT_EQ(Next(*connection).status().code(), StatusCode::kCancelled);
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1, 100))));
  const auto other = Connected(Consuming(ack_wait));
  const auto theirs = Take(*other, 1, ack_wait - milliseconds(1000));
  ASSERT_EQ(theirs.size(), 1u);
  EXPECT_EQ(theirs[0].attempt, 1);
  for (const Delivery& delivery : taken) connection->Ack({delivery});
  connection->Flush(base::Deadline::After(milliseconds(5000)));
  EXPECT_TRUE(WaitUntil([&] { return server_->Messages("EVENTS") == 1; }));
}

TEST_F(ConnectionTest, CopiesOfOneIdAreOneMessage) {
  const auto connection = Connected(Options());
  EXPECT_TRUE(AllOk(Publish(*connection, {{"events", "a", "id"}, {"events", "a", "id"}})));
  EXPECT_TRUE(AllOk(Publish(*connection, {{"events", "a", "id"}, {"events", "b", "other"}})));
  EXPECT_EQ(server_->Bodies("EVENTS"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ConnectionTest, AMessageThatCannotBeSentDoesNotHarmTheOthers) {
  const auto connection = Connected(Options());
  const auto statuses =
      Publish(*connection,
              {{"events", "a"}, {"", "b"}, {"events", std::string(2 << 20, 'x')}, {"events", "c"}});
  ASSERT_EQ(statuses.size(), 4u);
  EXPECT_TRUE(statuses[0].ok()) << statuses[0];
  EXPECT_EQ(statuses[1].code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(statuses[2].code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(statuses[3].ok()) << statuses[3];
}

TEST_F(ConnectionTest, TooManyUnconfirmedAreRefused) {
  ConnectionOptions options = Options();
  options.max_unconfirmed = 5;
  const auto connection = Connected(options);
  const auto statuses = Publish(*connection, Numbered(7));
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(statuses[i].code(), i < 5 ? StatusCode::kOk : StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(server_->Messages("EVENTS"), 5);
}

TEST_F(ConnectionTest, AnExpiredDeadlinePublishesNothing) {
  const auto connection = Connected(Options());
  const auto statuses = Publish(*connection, Numbered(2), milliseconds(0));
  EXPECT_EQ(statuses[1].code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(AllOk(Publish(*connection, Numbered(1, 9))));
  EXPECT_EQ(server_->Bodies("EVENTS"), std::vector<std::string>{"9"});
}

}  // namespace
}  // namespace trellis::nats
