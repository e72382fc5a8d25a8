#include "services/order/notification_sender.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "services/order/order_message.h"
#include "services/order/testing/fake_notifications.h"
#include "services/order/testing/fake_order_store.h"

namespace trellis::order {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NotificationSenderTest : public ::testing::Test {
 protected:
  NotificationSenderTest() { store_.Add("o1"); }
  absl::Status Notify(const std::string& reason = {}) {
    amqp::Message message;
    message.body = EncodeOrderEvent({{"o1", "case", 2}, reason});
    return Handle(message);
  }
  absl::Status Handle(const amqp::Message& message) {
    return base::testing::RunCoroutine(context_, sender_.Handle(message));
  }

  boost::asio::io_context context_{1};
  base::ManualClock clock_;
  telemetry::Metrics metrics_;
  testing::Calls calls_;
  testing::FakeNotificationLedger ledger_{calls_};
  testing::FakeNotifier notifier_{calls_};
  testing::FakeOrderStore store_{calls_};
  NotificationSender sender_{ledger_, notifier_, store_, clock_, metrics_};
};

TEST_F(NotificationSenderTest, ClaimsSendsAndWritesDown) {
  EXPECT_EQ(Notify(), absl::OkStatus());
  EXPECT_THAT(calls_.made, ElementsAre("Claim o1", "Send o1", "RecordSent o1", "SetNotified o1"));
  EXPECT_EQ(store_.orders["o1"].status, Status::kNotified);
  EXPECT_EQ(store_.orders["o1"].notified_at, clock_.WallNow());
}

TEST_F(NotificationSenderTest, TextSaysWhatIsOnItsWay) {
  ASSERT_EQ(Notify(), absl::OkStatus());
  EXPECT_EQ(notifier_.sent.at(0).text, "your order is on its way: 2 x case");
  EXPECT_FALSE(notifier_.sent.at(0).outcome_unknown);
}

TEST_F(NotificationSenderTest, TextSaysWhyAnOrderWasRejected) {
  ASSERT_EQ(Notify("only 1 in stock"), absl::OkStatus());
  EXPECT_EQ(notifier_.sent.at(0).text, "your order was rejected: 2 x case, only 1 in stock");
}

TEST_F(NotificationSenderTest, WhatWasSentBeforeIsNotSentAgain) {
  ASSERT_EQ(Notify(), absl::OkStatus());
  calls_.made.clear();
  EXPECT_EQ(Notify(), absl::OkStatus());
  EXPECT_THAT(calls_.made, ElementsAre("Claim o1", "SetNotified o1"));
}

TEST_F(NotificationSenderTest, WhatAnotherHasInHandComesAgain) {
  ledger_.busy_for = base::milliseconds(1);
  EXPECT_EQ(Notify().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(calls_.made, ElementsAre("Claim o1"));
  ledger_.busy_for = base::milliseconds(0);
  EXPECT_EQ(Notify(), absl::OkStatus());
  EXPECT_THAT(notifier_.sent, SizeIs(1));
}

TEST_F(NotificationSenderTest, UnknownOutcomeIsPassedOn) {
  calls_.Fail("RecordSent", absl::UnavailableError("away"));
  ASSERT_EQ(Notify(), absl::UnavailableError("away"));
  EXPECT_EQ(Notify(), absl::OkStatus());
  ASSERT_THAT(notifier_.sent, SizeIs(2));
  EXPECT_TRUE(notifier_.sent[1].outcome_unknown);
  EXPECT_THAT(metrics_.Text(),
              HasSubstr("trellis_notifications_total{outcome=\"outcome_unknown\"} 1\n"));
}

TEST_F(NotificationSenderTest, FailureOfTheNotifierComesBackAndIsNotWrittenDown) {
  calls_.Fail("Send", absl::FailedPreconditionError("no such customer"));
  EXPECT_EQ(Notify(), absl::FailedPreconditionError("no such customer"));
  EXPECT_THAT(calls_.made, ElementsAre("Claim o1", "Send o1"));
  EXPECT_EQ(store_.orders["o1"].status, Status::kReceived);
}

TEST_F(NotificationSenderTest, FailureOfTheLedgerSendsNothing) {
  calls_.Fail("Claim", absl::UnavailableError("away"));
  EXPECT_EQ(Notify(), absl::UnavailableError("away"));
  EXPECT_THAT(notifier_.sent, IsEmpty());
}

TEST_F(NotificationSenderTest, FailureOfTheStoreSendsNothingTwice) {
  calls_.Fail("SetNotified", absl::UnknownError("connection lost"));
  EXPECT_EQ(Notify(), absl::UnknownError("connection lost"));
  EXPECT_EQ(Notify(), absl::OkStatus());
  EXPECT_THAT(notifier_.sent, SizeIs(1));
  EXPECT_EQ(store_.orders["o1"].status, Status::kNotified);
}

TEST_F(NotificationSenderTest, WhatIsNoEventTouchesNothing) {
  amqp::Message message;
  message.body = "not JSON";
  EXPECT_EQ(Handle(message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(calls_.made, IsEmpty());
}

}  // namespace
}  // namespace trellis::order
