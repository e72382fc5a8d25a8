#include "services/order/consumer_loop.h"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>

#include "services/order/testing/consumer_loop_fixture.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

amqp::Message MessageOf(const std::string& body) {
  amqp::Message message;
  message.exchange = kOrdersExchange;
  message.routing_key = kOrderKey;
  message.message_id = "id of " + body;
  message.headers["traceparent"] = "trace of " + body;
  message.body = body;
  return message;
}

amqp::Message Attempted(const std::string& body, const std::string& attempt) {
  amqp::Message message = MessageOf(body);
  message.headers["x-attempt"] = attempt;
  return message;
}

using ConsumerLoopTest = testing::ConsumerLoopFixture;

TEST_F(ConsumerLoopTest, MessageThatSucceedsIsAcked) {
  const uint64_t tag = broker_.Deliver(MessageOf("a"));
  Start();
  EXPECT_TRUE(RunUntil([&] { return !broker_.acked().empty(); }));
  EXPECT_THAT(broker_.acked(), ElementsAre(tag));
  EXPECT_THAT(broker_.published(), IsEmpty());
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, InvalidMessageIsRejectedAtOnce) {
  AnswerAlways(absl::StatusCode::kInvalidArgument);
  const uint64_t tag = broker_.Deliver(MessageOf("a"));
  Start();
  EXPECT_TRUE(RunUntil([&] { return !broker_.rejected().empty(); }));
  EXPECT_THAT(broker_.rejected(), ElementsAre(tag));
  EXPECT_THAT(started_, SizeIs(1));
  EXPECT_THAT(broker_.published(), IsEmpty());
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, OtherFailuresGoThroughTheRetryExchange) {
  const auto codes = {absl::StatusCode::kInternal, absl::StatusCode::kFailedPrecondition,
                      absl::StatusCode::kNotFound};
  for (const absl::StatusCode code : codes) {
    broker_.Deliver(MessageOf(std::to_string(static_cast<int>(code))));
  }
  answer_ = [](const amqp::Message& message) {
    return absl::Status(static_cast<absl::StatusCode>(std::stoi(message.body)), "no");
  };
  Start();
  EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() == codes.size(); }));
  EXPECT_THAT(broker_.published(), SizeIs(codes.size()));
  EXPECT_THAT(started_, SizeIs(codes.size())) << "each was tried once";
  EXPECT_THAT(broker_.rejected(), IsEmpty());
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, HandlerThatThrowsHasFailed) {
  answer_ = [](const amqp::Message&) -> absl::Status { throw std::runtime_error("oops"); };
  broker_.Deliver(MessageOf("new"));
  broker_.Deliver(MessageOf("suspect"), 1);
  Start(1);
  EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() == 2; }));
  EXPECT_THAT(broker_.published(), SizeIs(2));
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, CopyInTheRetryIsTheMessageOneAttemptOlder) {
  AnswerAlways(absl::StatusCode::kInternal);
  broker_.Deliver(MessageOf("new"));
  broker_.Deliver(Attempted("old", "2"));
  Start(1);
  ASSERT_TRUE(RunUntil([&] { return broker_.acked().size() == 2; }));
  const std::vector<amqp::Message> copies = broker_.published();
  ASSERT_THAT(copies, SizeIs(2));
  EXPECT_EQ(copies[0].exchange, kRetryExchange);
  EXPECT_EQ(copies[0].routing_key, kOrdersQueue);
  EXPECT_EQ(copies[0].message_id, "id of new");
  EXPECT_EQ(copies[0].body, "new");
  EXPECT_THAT(copies[0].headers,
              UnorderedElementsAre(Pair("traceparent", "trace of new"), Pair("x-attempt", "1")));
  EXPECT_THAT(copies[1].headers, Contains(Pair("x-attempt", "3")));
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, MessageIsDeadAfterItsLastAttempt) {
  AnswerAlways(absl::StatusCode::kInternal);
  const uint64_t last_but_one = broker_.Deliver(Attempted("a", "3"));
  const uint64_t last = broker_.Deliver(Attempted("b", "4"));
  Start();
  EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() + broker_.rejected().size() == 2; }));
  EXPECT_THAT(broker_.acked(), ElementsAre(last_but_one));
  EXPECT_THAT(broker_.rejected(), ElementsAre(last));
  EXPECT_THAT(broker_.published(), SizeIs(1));
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, WhatNeedsSomethingThatIsAwayWaitsUncounted) {
  for (const auto code : {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
                          absl::StatusCode::kUnknown, absl::StatusCode::kResourceExhausted,
                          absl::StatusCode::kAborted}) {
    started_.clear();
    answer_ = [this, code](const amqp::Message&) {
      return started_.size() < 4 ? absl::Status(code, "away") : absl::OkStatus();
    };
    const uint64_t tag = broker_.Deliver(Attempted("a", "4"));
    if (loop_ == nullptr) Start();
    EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() == tag; })) << code;
    EXPECT_THAT(started_, SizeIs(4)) << code;
  }
  EXPECT_THAT(broker_.published(), IsEmpty());
  EXPECT_THAT(broker_.rejected(), IsEmpty());
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, PostponedMessageIsAckedOnlyAfterItsCopyIsPublished) {
  AnswerAlways(absl::StatusCode::kInternal);
  bool acked_before = false;
  broker_.set_answer([&](const amqp::Message&) {
    acked_before = acked_before || !broker_.acked().empty();
    return absl::OkStatus();
  });
  broker_.Deliver(MessageOf("a"));
  Start();
  EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() == 1; }));
  EXPECT_THAT(broker_.published(), SizeIs(1));
  EXPECT_FALSE(acked_before);
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, CopyIsPublishedUntilTheBrokerHasIt) {
  AnswerAlways(absl::StatusCode::kInternal);
  bool acked_before = false;
  broker_.set_answer([&](const amqp::Message&) {
    acked_before = acked_before || !broker_.acked().empty();
    return broker_.published().size() == 1 ? absl::UnavailableError("nack") : absl::OkStatus();
  });
  broker_.Deliver(MessageOf("a"));
  Start();
  EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() == 1; }));
  EXPECT_THAT(broker_.published(), SizeIs(2));
  EXPECT_FALSE(acked_before) << "the broker had refused the copy";
  EXPECT_THAT(started_, SizeIs(1)) << "the handler is not called again for it";
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, MessagesRunInParallel) {
  closed_ = true;
  for (int i = 0; i < 20; ++i) broker_.Deliver(MessageOf(std::to_string(i)));
  Start(7);
  ASSERT_TRUE(RunUntil([&] { return started_.size() == 7; }));
  Poll();
  EXPECT_THAT(started_, SizeIs(7)) << "no more than its concurrency";
  OpenGate();
  EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() == 20; }));
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, SuspectsRunOneAtATimeBesideTheOthers) {
  closed_ = true;
  for (int i = 0; i < 4; ++i) broker_.Deliver(MessageOf("suspect"), 1 + i);
  for (int i = 0; i < 3; ++i) broker_.Deliver(MessageOf("new"));
  Start();
  ASSERT_TRUE(RunUntil([&] { return started_.size() == 4; }));
  Poll();
  EXPECT_THAT(started_, UnorderedElementsAre("suspect", "new", "new", "new"));
  OpenGate();
  EXPECT_TRUE(RunUntil([&] { return broker_.acked().size() == 7; }));
  EXPECT_TRUE(Stop());
}

TEST_F(ConsumerLoopTest, StopWaitsForHandlersThatRun) {
  closed_ = true;
  broker_.Deliver(MessageOf("a"));
  Start();
  ASSERT_TRUE(RunUntil([&] { return started_.size() == 1; }));
  boost::asio::post(context_, [this] { OpenGate(); });
  EXPECT_TRUE(Stop());
  EXPECT_THAT(broker_.acked(), SizeIs(1));
}

TEST_F(ConsumerLoopTest, StopGivesUpHandlersThatDoNotEndInTime) {
  closed_ = true;
  broker_.Deliver(MessageOf("stuck"));
  Start();
  ASSERT_TRUE(RunUntil([&] { return started_.size() == 1; }));
  EXPECT_FALSE(Stop(milliseconds(20)));
  OpenGate();
  Poll();
  EXPECT_THAT(broker_.acked(), IsEmpty()) << "it comes again, to another consumer";
}

TEST_F(ConsumerLoopTest, StopEndsWaitingForWhatIsAwayAndLeavesTheMessage) {
  AnswerAlways(absl::StatusCode::kUnavailable);
  broker_.Deliver(MessageOf("a"));
  Start();
  ASSERT_TRUE(RunUntil([&] { return started_.size() >= 2; }));
  EXPECT_TRUE(Stop(milliseconds(20)));
  EXPECT_THAT(broker_.acked(), IsEmpty());
  EXPECT_THAT(broker_.rejected(), IsEmpty());
  EXPECT_THAT(broker_.published(), IsEmpty());
}

}  // namespace
}  // namespace trellis::order
