#include "services/order/finding.h"

#include <gmock/gmock.h>

#include <functional>

namespace trellis::order {
namespace {

using base::milliseconds;
using base::WallTime;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WallTime kNow = WallTime(std::chrono::hours(24 * 365 * 50));
constexpr milliseconds kGrace{60'000};
constexpr WallTime kLongAgo = kNow - std::chrono::hours(1);

// An order of two cases that went through everything an hour ago, and what is changed about it.
class FindingTest : public ::testing::Test {
 protected:
  FindingTest() {
    Order& order = audited_.order;
    order = {.id = "o1",
             .sku = "case",
             .qty = 2,
             .status = Status::kNotified,
             .received_at = kLongAgo,
             .reserved_at = kLongAgo,
             .notified_at = kLongAgo};
    audited_.reserve_row = -2;
    trace_.decision = Status::kReserved;
    trace_.sku = "case";
    trace_.qty = 2;
    trace_.decided_at = kLongAgo;
    trace_.notice = OrderTrace::Notice::kSent;
    trace_.sent_at = kLongAgo;
  }
  void MakeReceived() {
    audited_.order.status = Status::kReceived;
    audited_.order.reserved_at = audited_.order.notified_at = std::nullopt;
    audited_.reserve_row = std::nullopt;
    trace_.notice = OrderTrace::Notice::kNone;
  }
  void MakeReserved() {
    audited_.order.status = Status::kReserved;
    audited_.order.notified_at = std::nullopt;
    trace_.notice = OrderTrace::Notice::kNone;
  }
  void MakeRejected() {
    audited_.order.status = Status::kRejected;
    audited_.order.rejected_at = std::exchange(audited_.order.reserved_at, std::nullopt);
    audited_.reserve_row = std::nullopt;
    trace_.decision = Status::kRejected;
  }
  void MakeCancelled() {
    audited_.order.status = Status::kCancelled;
    audited_.order.cancelled_at = audited_.cancel_requested_at = kLongAgo;
    audited_.release_row = 2;
    trace_.decision = Status::kCancelled;
    trace_.cancelled_at = kLongAgo;
  }
  void MakeOld() { audited_.order.received_at = kNow - kRememberOrders; }

  std::vector<FindingKind> Kinds() const {
    std::vector<FindingKind> kinds;
    if (IsUnderWay(audited_, trace_, kNow, kGrace)) return kinds;
    for (const Finding& finding : FindingsOf(audited_, trace_, kNow)) {
      EXPECT_EQ(finding.order_id, "o1");
      EXPECT_NE(finding.detail, "");
      kinds.push_back(finding.kind);
    }
    return kinds;
  }

  AuditedOrder audited_;
  OrderTrace trace_;
};

TEST_F(FindingTest, OrdersAtTheirEndsAreInOrder) {
  EXPECT_THAT(Kinds(), IsEmpty());
  MakeCancelled();
  EXPECT_THAT(Kinds(), IsEmpty()) << "cancelled";
  MakeRejected();
  audited_.order.cancelled_at = std::nullopt;
  audited_.cancel_requested_at = std::nullopt;
  audited_.release_row = std::nullopt;
  EXPECT_THAT(Kinds(), IsEmpty()) << "rejected";
}

TEST_F(FindingTest, OrderCancelledBeforeItWasReservedIsInOrder) {
  MakeReceived();
  MakeCancelled();
  audited_.release_row = std::nullopt;
  trace_.qty = 0;
  trace_.sku = "";
  EXPECT_THAT(Kinds(), IsEmpty());
}

TEST_F(FindingTest, LostMessage) {
  MakeReceived();
  trace_ = {};
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kMessageLost));
  audited_.in_outbox = true;
  EXPECT_THAT(Kinds(), IsEmpty()) << "it waits for RabbitMQ";
}

TEST_F(FindingTest, DecisionThatPostgresDoesNotKnow) {
  MakeReceived();
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kDecisionNotStored));
  trace_.decision = Status::kRejected;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kDecisionNotStored));
}

TEST_F(FindingTest, DecisionThatRedisDoesNotKnow) {
  trace_.decision = std::nullopt;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kReservationMissing));
  MakeOld();
  EXPECT_THAT(Kinds(), IsEmpty()) << "Redis may forget it by now";
}

TEST_F(FindingTest, ForgottenCancellation) {
  MakeCancelled();
  trace_.decision = std::nullopt;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kReservationMissing));
}

TEST_F(FindingTest, NobodyWasNotified) {
  MakeReserved();
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kNotNotified));
  trace_.notice = OrderTrace::Notice::kClaimed;
  trace_.claimed_until = kLongAgo;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kNotNotified));
  audited_.in_outbox = true;
  EXPECT_THAT(Kinds(), IsEmpty()) << "it is repaired already";
}

TEST_F(FindingTest, NotificationThatOneOfTheStoresDoesNotKnow) {
  trace_.notice = OrderTrace::Notice::kNone;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kNotificationMissing));
  MakeReserved();
  trace_.notice = OrderTrace::Notice::kSent;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kNotificationNotStored));
}

TEST_F(FindingTest, UnfinishedCancellation) {
  audited_.cancel_requested_at = kLongAgo;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kCancelUnfinished)) << "asked for";
  audited_.cancel_requested_at = std::nullopt;
  trace_.decision = Status::kCancelled;
  trace_.cancelled_at = kLongAgo;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kCancelUnfinished)) << "done on Redis";
}

TEST_F(FindingTest, ReservationComesBackBeforeItIsCancelled) {
  audited_.cancel_requested_at = kLongAgo;
  trace_.decision = std::nullopt;
  EXPECT_THAT(Kinds(),
              ElementsAre(FindingKind::kReservationMissing, FindingKind::kCancelUnfinished));
}

TEST_F(FindingTest, CancelledOrderThatHoldsItsStock) {
  MakeCancelled();
  trace_.decision = Status::kReserved;
  trace_.cancelled_at = std::nullopt;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kStockNotReleased));
}

TEST_F(FindingTest, RowsOfTheLedger) {
  audited_.reserve_row = std::nullopt;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kLedgerRowMissing));
  audited_.reserve_row = -3;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kLedgerRowSurplus));
  audited_.reserve_row = -2;
  audited_.release_row = 2;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kLedgerRowSurplus)) << "nobody has cancelled it";
  MakeCancelled();
  audited_.release_row = std::nullopt;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kLedgerRowMissing));
}

TEST_F(FindingTest, DifferentDecisionsAreForAPerson) {
  trace_.decision = Status::kRejected;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kDecisionsDiffer));
  trace_.decision = Status::kReserved;
  trace_.qty = 3;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kDecisionsDiffer)) << "another quantity";
  MakeRejected();
  trace_.qty = 2;
  trace_.decision = Status::kReserved;
  EXPECT_THAT(Kinds(), ElementsAre(FindingKind::kDecisionsDiffer)) << "rejected in Postgres";
}

// Whatever is wrong with an order, it is not reported while something happens to it.
TEST_F(FindingTest, WhatHappenedWithinTheGraceIsUnderWay) {
  const WallTime just_now = kNow - kGrace / 2;
  const std::vector<std::function<void()>> events = {
      [&] { audited_.order.received_at = just_now; },
      [&] { audited_.order.reserved_at = just_now; },
      [&] { audited_.order.rejected_at = just_now; },
      [&] { audited_.order.cancelled_at = just_now; },
      [&] { audited_.cancel_requested_at = just_now; },
      [&] { trace_.decided_at = just_now; },
      [&] { trace_.cancelled_at = just_now; },
      [&] { trace_.sent_at = just_now; },
      [&] {
        trace_.notice = OrderTrace::Notice::kClaimed;
        trace_.claimed_until = kNow + kGrace;
      }};
  const AuditedOrder audited = audited_;
  const OrderTrace trace = trace_;
  EXPECT_FALSE(IsUnderWay(audited_, trace_, kNow, kGrace));
  for (size_t i = 0; i < events.size(); ++i) {
    audited_ = audited;
    trace_ = trace;
    events[i]();
    EXPECT_TRUE(IsUnderWay(audited_, trace_, kNow, kGrace)) << i;
  }
}

}  // namespace
}  // namespace trellis::order
