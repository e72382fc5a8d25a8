#include "mesh/amqp/impl/confirms.h"

#include <gmock/gmock.h>

#include <vector>

namespace trellis::amqp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ConfirmsTest : public ::testing::Test {
 protected:
  ConfirmsTest() {
    for (int i = 1; i <= 6; ++i) confirms_.Add(i);
  }
  std::vector<int> Confirm(uint64_t tag, bool multiple) {
    std::vector<int> answered;
    confirms_.Confirm(tag, multiple, [&](int value) { answered.push_back(value); });
    return answered;
  }
  std::vector<int> Waiting() {
    std::vector<int> waiting;
    confirms_.ForEach([&](int& value) { waiting.push_back(value); });
    return waiting;
  }
  Confirms<int> confirms_;
};

TEST_F(ConfirmsTest, OneByOneInAnyOrder) {
  EXPECT_THAT(Confirm(2, false), ElementsAre(2));
  EXPECT_THAT(Confirm(6, false), ElementsAre(6));
  EXPECT_THAT(Confirm(1, false), ElementsAre(1));
  EXPECT_THAT(Waiting(), ElementsAre(3, 4, 5));
  EXPECT_EQ(confirms_.next_tag(), 7u);
}

TEST_F(ConfirmsTest, MultipleLeavesOutWhatWasConfirmed) {
  EXPECT_THAT(Confirm(2, false), ElementsAre(2));
  EXPECT_THAT(Confirm(4, true), ElementsAre(1, 3, 4));
  EXPECT_THAT(Waiting(), ElementsAre(5, 6));
  EXPECT_THAT(Confirm(6, true), ElementsAre(5, 6));
  EXPECT_THAT(Waiting(), IsEmpty());
  confirms_.Add(7);
  EXPECT_THAT(Confirm(7, true), ElementsAre(7));
}

TEST_F(ConfirmsTest, TwiceOrUnknownDoesNothing) {
  EXPECT_THAT(Confirm(3, false), ElementsAre(3));
  EXPECT_THAT(Confirm(3, false), IsEmpty());
  EXPECT_THAT(Confirm(7, true), IsEmpty());
  EXPECT_THAT(Confirm(0, true), IsEmpty());
  EXPECT_EQ(confirms_.Find(3), nullptr);
  EXPECT_EQ(confirms_.Find(7), nullptr);
  ASSERT_NE(confirms_.Find(4), nullptr);
  EXPECT_EQ(*confirms_.Find(4), 4);
}

TEST_F(ConfirmsTest, ClearBeginsAgain) {
  (void)Confirm(4, true);
  confirms_.Clear();
  EXPECT_EQ(confirms_.next_tag(), 1u);
  EXPECT_THAT(Confirm(4, true), IsEmpty());
}

}  // namespace
}  // namespace trellis::amqp
