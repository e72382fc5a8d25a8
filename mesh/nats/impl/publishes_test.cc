#include "mesh/nats/impl/publishes.h"

#include <gtest/gtest.h>

namespace trellis::nats {
namespace {

using absl::StatusCode;

class PublishesTest : public ::testing::Test {
 protected:
  PublishesTest() { publishes_.Open(); }

  BatchPtr Add(size_t count) {
    auto batch = std::make_shared<Batch>(std::vector<Message>(count, {"s", "d"}),
                                         [this](const Batch&) { ++done_; });
    publishes_.Add(batch);
    return batch;
  }
  static std::vector<StatusCode> Codes(const BatchPtr& batch) {
    std::vector<StatusCode> codes;
    for (const absl::Status& status : batch->statuses) codes.push_back(status.code());
    return codes;
  }

  Publishes publishes_{4};
  int done_ = 0;
};

TEST_F(PublishesTest, EachMessageGetsItsOwnAnswerInAnyOrder) {
  const BatchPtr one = Add(2), other = Add(2);
  ASSERT_EQ(publishes_.Take(), (std::vector{one, other}));
  publishes_.Answer(other->first + 1, absl::OkStatus());
  publishes_.Answer(one->first, absl::UnavailableError("refused"));
  publishes_.Answer(other->first, absl::OkStatus());
  EXPECT_EQ(done_, 1);
  publishes_.Answer(one->first + 1, absl::OkStatus());
  EXPECT_EQ(done_, 2);
  EXPECT_EQ(Codes(one), (std::vector{StatusCode::kUnavailable, StatusCode::kOk}));
  EXPECT_EQ(Codes(other), (std::vector{StatusCode::kOk, StatusCode::kOk}));
}

TEST_F(PublishesTest, WhatFindsNoRoomIsNotPublished) {
  const BatchPtr first = Add(3), second = Add(3);
  (void)publishes_.Take();
  EXPECT_EQ(second->taken, 1u);
  publishes_.Answer(second->first, absl::OkStatus());
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(Codes(second), (std::vector{StatusCode::kOk, StatusCode::kResourceExhausted,
                                        StatusCode::kResourceExhausted}));
  EXPECT_EQ(Add(3)->taken, 1u);
}

TEST_F(PublishesTest, AnAnswerTwiceIsOne) {
  const BatchPtr batch = Add(2);
  (void)publishes_.Take();
  publishes_.Answer(batch->first, absl::OkStatus());
  publishes_.Answer(batch->first, absl::UnavailableError("no"));
  EXPECT_EQ(done_, 0);
  publishes_.Answer(batch->first + 1, absl::OkStatus());
  publishes_.Answer(batch->first + 2, absl::OkStatus());  // nobody's
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(Codes(batch), (std::vector{StatusCode::kOk, StatusCode::kOk}));
}

TEST_F(PublishesTest, AnAbandonedBatchKeepsItsAnswersAndGivesItsRoomBack) {
  const BatchPtr batch = Add(4);
  (void)publishes_.Take();
  publishes_.Answer(batch->first + 2, absl::OkStatus());
  publishes_.Abandon(batch, absl::DeadlineExceededError("late"));
  publishes_.Answer(batch->first, absl::OkStatus());
  EXPECT_EQ(done_, 0);
  EXPECT_EQ(Codes(batch), (std::vector{StatusCode::kDeadlineExceeded, StatusCode::kDeadlineExceeded,
                                       StatusCode::kOk, StatusCode::kDeadlineExceeded}));
  EXPECT_EQ(Add(4)->taken, 4u);
}

TEST_F(PublishesTest, WhatIsAbandonedBeforeItIsSentIsNotSent) {
  const BatchPtr batch = Add(2);
  publishes_.Abandon(batch, absl::DeadlineExceededError("late"));
  EXPECT_TRUE(publishes_.Take().empty());
  EXPECT_EQ(Add(4)->taken, 4u);
}

TEST_F(PublishesTest, ALostConnectionFailsAllUntilTheNext) {
  const BatchPtr sent = Add(1);
  (void)publishes_.Take();
  const BatchPtr waiting = Add(1);
  publishes_.FailAll("gone");
  const BatchPtr late = Add(1);
  for (const BatchPtr& batch : {sent, waiting, late}) {
    EXPECT_EQ(Codes(batch), std::vector{StatusCode::kUnavailable});
  }
  EXPECT_EQ(done_, 3);
  publishes_.Open();
  EXPECT_EQ(Add(4)->taken, 4u);
}

}  // namespace
}  // namespace trellis::nats
