#include "services/order/outbox_relay.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "mesh/amqp/testing/fake_broker.h"
#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"
#include "services/order/testing/fake_order_store.h"
#include "services/order/topology.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

OutboxRow Row(int64_t id) {
  return {.id = id,
          .order_id = "o" + std::to_string(id),
          .body = "body of " + std::to_string(id),
          .request_id = "r",
          .traceparent = "t"};
}

class OutboxRelayTest : public ::testing::Test {
 protected:
  void Start(RelayOptions options = {}) {
    options.poll = milliseconds(5);
    relay_ =
        std::make_unique<OutboxRelay>(context_.get_executor(), store_, broker_, metrics_, options);
    relay_->Start();
  }
  bool RunUntil(const std::function<bool()>& condition) {
    return base::testing::WaitUntil([&] {
      context_.restart();
      context_.poll();
      return condition();
    });
  }
  // Until the relay has looked for rows `times` more, and so had the time to do what it should not.
  bool RunPolls(int times) {
    const auto before = CallsOf("ClaimOutbox");
    return RunUntil([&] { return CallsOf("ClaimOutbox") >= before + times; });
  }
  ptrdiff_t CallsOf(const std::string& method) const {
    return std::count(calls_.made.begin(), calls_.made.end(), method);
  }
  bool Stop(milliseconds patience = milliseconds(5000)) {
    return base::testing::RunCoroutine(context_, relay_->Stop(base::Deadline::After(patience)));
  }

  boost::asio::io_context context_{1};
  telemetry::Metrics metrics_;
  testing::Calls calls_;
  testing::FakeOrderStore store_{calls_};
  amqp::testing::FakeBroker broker_;
  std::unique_ptr<OutboxRelay> relay_;
};

TEST_F(OutboxRelayTest, OfferedRowsArePublishedAndDeleted) {
  Start();
  relay_->Offer(Row(1));
  relay_->Offer(Row(2));
  EXPECT_TRUE(RunUntil([&] { return store_.deleted.size() == 2; }));
  EXPECT_THAT(store_.deleted, UnorderedElementsAre(1, 2));
  EXPECT_THAT(broker_.published(), SizeIs(2));
}

TEST_F(OutboxRelayTest, MessageIsThatOfTheRow) {
  Start();
  relay_->Offer(Row(1));
  ASSERT_TRUE(RunUntil([&] { return broker_.published().size() == 1; }));
  const amqp::Message message = broker_.published()[0];
  EXPECT_EQ(message.exchange, kOrdersExchange);
  EXPECT_EQ(message.routing_key, kOrderKey);
  EXPECT_EQ(message.message_id, "order:o1");
  EXPECT_EQ(message.body, "body of 1");
  EXPECT_THAT(message.headers,
              UnorderedElementsAre(Pair("x-request-id", "r"), Pair("traceparent", "t")));
}

TEST_F(OutboxRelayTest, RowIsDeletedOnlyAfterItsConfirm) {
  bool deleted_before = false;
  broker_.set_answer([&](const amqp::Message&) {
    deleted_before = deleted_before || !store_.deleted.empty();
    return absl::OkStatus();
  });
  Start();
  relay_->Offer(Row(1));
  EXPECT_TRUE(RunUntil([&] { return store_.deleted.size() == 1; }));
  EXPECT_FALSE(deleted_before);
}

TEST_F(OutboxRelayTest, RowThatCouldNotBePublishedIsNeverDeleted) {
  // Refused, without a confirm in time, without a queue, too many unconfirmed.
  const auto codes = {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
                      absl::StatusCode::kNotFound, absl::StatusCode::kResourceExhausted};
  Start();
  for (const absl::StatusCode code : codes) {
    broker_.set_answer([code](const amqp::Message&) { return absl::Status(code, "no"); });
    relay_->Offer(Row(1));
    ASSERT_TRUE(RunPolls(3));
  }
  EXPECT_THAT(broker_.published(), SizeIs(codes.size()));
  EXPECT_EQ(CallsOf("DeleteOutbox"), 0);
  EXPECT_THAT(metrics_.Text(), HasSubstr("trellis_outbox_publishes_total{outcome=\"failed\"} 4"));
}

TEST_F(OutboxRelayTest, LagCountsFromTheWriteAndOnlyWhatWasConfirmed) {
  broker_.set_answer([](const amqp::Message& message) {
    return message.body == "body of 3" ? absl::UnavailableError("nack") : absl::OkStatus();
  });
  OutboxRow old = Row(1), claimed = Row(2), refused = Row(3);
  const auto now = std::chrono::steady_clock::now();
  old.written_at = claimed.written_at = refused.written_at = now - std::chrono::minutes(1);
  store_.claimable = {claimed, refused};
  Start();
  relay_->Offer(old);
  relay_->Offer(Row(4));
  ASSERT_TRUE(RunUntil([&] { return store_.deleted.size() == 3; }));
  EXPECT_THAT(metrics_.Text(), HasSubstr("trellis_outbox_lag_seconds_bucket{le=\"10\"} 1"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("trellis_outbox_lag_seconds_count 3"));
}

TEST_F(OutboxRelayTest, FailedRowDoesNotKeepOthersFromBeingDeleted) {
  broker_.set_answer([](const amqp::Message& message) {
    return message.body == "body of 1" ? absl::UnavailableError("nack") : absl::OkStatus();
  });
  Start();
  relay_->Offer(Row(1));
  relay_->Offer(Row(2));
  EXPECT_TRUE(RunUntil([&] { return !store_.deleted.empty(); }));
  EXPECT_THAT(store_.deleted, ElementsAre(2));
}

TEST_F(OutboxRelayTest, RowsOfOthersAreFoundByPolling) {
  Start();
  ASSERT_TRUE(RunPolls(1));
  store_.claimable = {Row(1), Row(2)};
  EXPECT_TRUE(RunUntil([&] { return store_.deleted.size() == 2; }));
  EXPECT_THAT(broker_.published(), SizeIs(2));
  EXPECT_THAT(metrics_.Text(), HasSubstr("trellis_outbox_reclaimed_total 2"));
}

TEST_F(OutboxRelayTest, ManyRowsAreFetchedWithoutPauses) {
  for (int i = 0; i < 1200; ++i) store_.claimable.push_back(Row(i));
  Start();
  EXPECT_TRUE(RunUntil([&] { return store_.deleted.size() == 1200; }));
  EXPECT_THAT(broker_.published(), SizeIs(1200));
}

TEST_F(OutboxRelayTest, PollingGoesOnAfterTheStoreFailed) {
  calls_.Fail("ClaimOutbox", absl::UnavailableError("away"), 3);
  store_.claimable = {Row(1)};
  Start();
  EXPECT_TRUE(RunUntil([&] { return store_.deleted.size() == 1; }));
}

TEST_F(OutboxRelayTest, WhatIsPublishedWithinAMomentIsDeletedTogether) {
  Start({.gather = milliseconds(50)});
  for (int i = 0; i < 5; ++i) relay_->Offer(Row(i));
  ASSERT_TRUE(RunUntil([&] { return broker_.published().size() == 5; }));
  relay_->Offer(Row(5));
  EXPECT_TRUE(RunUntil([&] { return store_.deleted.size() == 6; }));
  EXPECT_EQ(CallsOf("DeleteOutbox"), 1);
}

TEST_F(OutboxRelayTest, OffersBeyondItsHandsAreLeftToThePoll) {
  Start({.max_in_hand = 2});
  for (int i = 0; i < 5; ++i) relay_->Offer(Row(i));
  ASSERT_TRUE(RunPolls(3));
  EXPECT_TRUE(RunUntil([&] { return store_.deleted.size() == 2; }));
  EXPECT_THAT(store_.deleted, UnorderedElementsAre(0, 1));
  EXPECT_THAT(broker_.published(), SizeIs(2));
}

TEST_F(OutboxRelayTest, FailedDeleteIsRepeatedAndNothingIsPublishedTwice) {
  calls_.Fail("DeleteOutbox", absl::UnavailableError("away"), 2);
  Start();
  relay_->Offer(Row(1));
  EXPECT_TRUE(RunUntil([&] { return !store_.deleted.empty(); }));
  EXPECT_THAT(store_.deleted, ElementsAre(1));
  EXPECT_EQ(CallsOf("DeleteOutbox"), 3);
  EXPECT_THAT(broker_.published(), SizeIs(1));
}

TEST_F(OutboxRelayTest, StopPublishesAndDeletesWhatIsInHand) {
  Start();
  for (int i = 0; i < 5; ++i) relay_->Offer(Row(i));
  EXPECT_TRUE(Stop());
  EXPECT_THAT(store_.deleted, UnorderedElementsAre(0, 1, 2, 3, 4));
}

TEST_F(OutboxRelayTest, OffersAfterStopAreLeftToOthers) {
  Start();
  ASSERT_TRUE(Stop());
  relay_->Offer(Row(1));
  context_.restart();
  context_.poll();
  EXPECT_THAT(broker_.published(), IsEmpty());
}

TEST_F(OutboxRelayTest, StopGivesUpAtItsDeadline) {
  calls_.Fail("DeleteOutbox", absl::UnavailableError("away"), 1000);
  Start();
  relay_->Offer(Row(1));
  ASSERT_TRUE(RunUntil([&] { return CallsOf("DeleteOutbox") > 0; }));
  // Longer than the relay's other loops take to end: it is the row that it waits for.
  EXPECT_FALSE(Stop(milliseconds(1500)));
}

}  // namespace
}  // namespace trellis::order
