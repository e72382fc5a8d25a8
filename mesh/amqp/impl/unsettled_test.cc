#include "mesh/amqp/impl/unsettled.h"

#include <gmock/gmock.h>

namespace trellis::amqp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UnsettledTest : public ::testing::Test {
 protected:
  UnsettledTest() {
    for (uint64_t tag = 1; tag <= 6; ++tag) unsettled_.Add(tag);
  }
  Unsettled unsettled_;
};

TEST_F(UnsettledTest, NothingAckedIsNothingToSend) {
  const Unsettled::Acks acks = unsettled_.TakeAcks();
  EXPECT_EQ(acks.up_to, 0u);
  EXPECT_THAT(acks.alone, IsEmpty());
}

TEST_F(UnsettledTest, OneAckStandsForAllBeforeTheFirstInHand) {
  for (const uint64_t tag : {3, 1, 2}) EXPECT_TRUE(unsettled_.Ack(tag));
  const Unsettled::Acks acks = unsettled_.TakeAcks();
  EXPECT_EQ(acks.up_to, 3u);
  EXPECT_THAT(acks.alone, IsEmpty());
}

TEST_F(UnsettledTest, ThoseAfterOneInHandAreAckedAlone) {
  for (const uint64_t tag : {1, 2, 4, 6}) EXPECT_TRUE(unsettled_.Ack(tag));
  Unsettled::Acks acks = unsettled_.TakeAcks();
  EXPECT_EQ(acks.up_to, 2u);
  EXPECT_THAT(acks.alone, ElementsAre(4, 6));
  for (const uint64_t tag : {3, 5}) EXPECT_TRUE(unsettled_.Ack(tag));
  acks = unsettled_.TakeAcks();
  EXPECT_EQ(acks.up_to, 5u) << "4 and 6 were acked before";
}

TEST_F(UnsettledTest, RejectedOnesAreNotInHandAnyMore) {
  EXPECT_TRUE(unsettled_.Settle(1));
  EXPECT_TRUE(unsettled_.Ack(2));
  EXPECT_EQ(unsettled_.TakeAcks().up_to, 2u);
}

TEST_F(UnsettledTest, EachIsSettledOnce) {
  EXPECT_TRUE(unsettled_.Ack(1));
  EXPECT_FALSE(unsettled_.Ack(1));
  EXPECT_FALSE(unsettled_.Settle(1));
  EXPECT_FALSE(unsettled_.Ack(7));
  EXPECT_EQ(unsettled_.TakeAcks().up_to, 1u);
}

TEST_F(UnsettledTest, AnotherSessionKnowsNothing) {
  EXPECT_TRUE(unsettled_.Ack(1));
  unsettled_.Clear();
  EXPECT_EQ(unsettled_.TakeAcks().up_to, 0u);
  EXPECT_FALSE(unsettled_.Ack(2));
}

}  // namespace
}  // namespace trellis::amqp
