#include "services/order/reconciler.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "mesh/base/testing/run.h"
#include "services/order/testing/fake_order_repair.h"
#include "services/order/testing/fake_order_store.h"
#include "services/order/testing/fake_stock.h"

namespace trellis::order {
namespace {

using base::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;

class ReconcilerTest : public ::testing::Test {
 protected:
  ReconcilerTest() {
    audit_.page.now = clock_.WallNow();
    long_ago_ = clock_.WallNow() - std::chrono::hours(1);
  }
  // An order that was received an hour ago, of which nothing else is known.
  AuditedOrder& Add(const std::string& id) {
    store_.Add(id);
    AuditedOrder& audited = audit_.page.orders.emplace_back();
    audited.order = store_.orders[id];
    audited.order.received_at = long_ago_;
    return audited;
  }
  AuditedOrder& AddReserved(const std::string& id) {
    AuditedOrder& audited = Add(id);
    audited.order.status = Status::kReserved;
    audited.order.reserved_at = long_ago_;
    audited.reserve_row = -2;
    return audited;
  }
  void AddTrace(const std::string& id, Status decision) {
    OrderTrace& trace = traces_.traces[id];
    trace.decision = decision;
    trace.decided_at = long_ago_;
    trace.sku = "case";
    trace.qty = 2;
  }
  absl::StatusOr<Reconciliation> Page(bool repair, const std::string& token = "") {
    calls_.made.clear();
    return base::testing::RunCoroutine(
        context_, reconciler_.Page(token, {.repair = repair}, base::Deadline::Infinite()));
  }
  Reconciliation Repair(const std::string& token = "") {
    const auto result = Page(true, token);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(Reconciliation());
  }

  boost::asio::io_context context_{1};
  testing::Calls calls_;
  testing::FakeOrderAudit audit_{calls_};
  testing::FakeOrderTraces traces_{calls_};
  testing::FakeOrderStore store_{calls_};
  testing::FakeStock stock_{calls_};
  testing::FakeCancelIntents intents_{calls_};
  base::ManualClock clock_;
  base::WallTime long_ago_;
  telemetry::Metrics metrics_;
  Cancelling cancelling_{intents_, traces_, stock_, store_};
  Reconciler reconciler_{{audit_, traces_, store_, stock_, cancelling_, clock_}, metrics_};
};

TEST_F(ReconcilerTest, ReportsWithoutARepairUnlessTold) {
  Add("o1");
  const auto result = Page(false);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(result->findings, SizeIs(1));
  EXPECT_EQ(result->findings[0].kind, FindingKind::kMessageLost);
  EXPECT_FALSE(result->findings[0].repaired);
  EXPECT_EQ(result->examined, 1);
  EXPECT_THAT(calls_.made, ElementsAre("Page", "Read"));
}

TEST_F(ReconcilerTest, LostMessageGoesToTheOutboxAgain) {
  Add("o1");
  EXPECT_TRUE(Repair().findings.at(0).repaired);
  EXPECT_THAT(calls_.made, ElementsAre("Page", "Read", "PutInOutbox o1"));
}

TEST_F(ReconcilerTest, LostMessageOfAnOrderThatRedisMayHaveForgottenIsForAPerson) {
  Add("o1").order.received_at = clock_.WallNow() - kRememberOrders;
  const Reconciliation result = Repair();
  EXPECT_FALSE(result.findings.at(0).repaired);
  EXPECT_NE(result.findings.at(0).repair_error, "");
  EXPECT_THAT(calls_.made, Not(Contains("PutInOutbox o1")));
}

TEST_F(ReconcilerTest, DecisionIsStoredWithItsTimeAndAnnounced) {
  Add("o1");
  AddTrace("o1", Status::kReserved);
  Add("o2");
  AddTrace("o2", Status::kRejected);
  traces_.traces["o2"].reason = "none left";
  Repair();
  EXPECT_THAT(calls_.made, ElementsAre("Page", "Read", "SetReserved o1", "PutInOutbox o1",
                                       "SetRejected o2", "PutInOutbox o2"));
  EXPECT_EQ(store_.orders["o1"].reserved_at, long_ago_);
  EXPECT_EQ(store_.orders["o2"].reason, "none left");
}

TEST_F(ReconcilerTest, UnnotifiedOrderIsKnownToRedisBeforeItsMessageGoesOut) {
  AddReserved("o1");
  AddTrace("o1", Status::kReserved);
  EXPECT_EQ(Repair().findings.at(0).kind, FindingKind::kNotNotified);
  EXPECT_THAT(calls_.made, ElementsAre("Page", "Read", "RestoreReservation o1", "PutInOutbox o1"));
}

TEST_F(ReconcilerTest, NotificationIsToldToTheStoreThatDoesNotKnow) {
  AddReserved("o1");
  AddTrace("o1", Status::kReserved);
  traces_.traces["o1"].notice = OrderTrace::Notice::kSent;
  traces_.traces["o1"].sent_at = long_ago_;
  AddReserved("o2").order.notified_at = long_ago_;
  AddTrace("o2", Status::kReserved);
  Repair();
  EXPECT_THAT(calls_.made, ElementsAre("Page", "Read", "SetNotified o1", "RestoreNotification o2"));
  EXPECT_EQ(store_.orders["o1"].notified_at, long_ago_);
}

TEST_F(ReconcilerTest, CancellationIsCompleted) {
  AuditedOrder& audited = AddReserved("o1");
  audited.cancel_requested_at = long_ago_;
  AddTrace("o1", Status::kReserved);
  EXPECT_TRUE(Repair().findings.at(0).repaired);
  EXPECT_THAT(calls_.made,
              ElementsAre("Page", "Read", "RestoreReservation o1", "Cancel o1", "SetCancelled o1"));
}

TEST_F(ReconcilerTest, StockOfACancelledOrderIsReleased) {
  AuditedOrder& audited = AddReserved("o1");
  audited.order.status = Status::kCancelled;
  audited.order.cancelled_at = long_ago_;
  audited.release_row = 2;
  AddTrace("o1", Status::kReserved);
  EXPECT_EQ(Repair().findings.at(0).kind, FindingKind::kStockNotReleased);
  EXPECT_THAT(calls_.made, ElementsAre("Page", "Read", "Cancel o1"));
}

TEST_F(ReconcilerTest, LedgerIsCompleted) {
  AuditedOrder& audited = AddReserved("o1");
  audited.reserve_row = std::nullopt;
  audited.order.notified_at = long_ago_;
  AddTrace("o1", Status::kReserved);
  traces_.traces["o1"].notice = OrderTrace::Notice::kSent;
  Repair();
  EXPECT_THAT(calls_.made, ElementsAre("Page", "Read", "CompleteLedger o1"));
}

TEST_F(ReconcilerTest, WhatIsForAPersonIsReportedAsSuch) {
  AddReserved("o1").order.notified_at = long_ago_;
  AddTrace("o1", Status::kRejected);
  traces_.traces["o1"].notice = OrderTrace::Notice::kSent;
  const Finding finding = Repair().findings.at(0);
  EXPECT_EQ(finding.kind, FindingKind::kDecisionsDiffer);
  EXPECT_FALSE(finding.repaired);
  EXPECT_NE(finding.repair_error, "");
}

TEST_F(ReconcilerTest, FailedRepairStopsNothing) {
  Add("o1");
  Add("o2");
  calls_.Fail("PutInOutbox", absl::UnavailableError("away"));
  const Reconciliation result = Repair();
  EXPECT_EQ(result.findings.at(0).repair_error, "away");
  EXPECT_TRUE(result.findings.at(1).repaired);
}

TEST_F(ReconcilerTest, StoresThatAreAwayAreAnError) {
  Add("o1");
  for (const char* method : {"Page", "Read"}) {
    calls_.Fail(method, absl::UnavailableError("away"));
    EXPECT_TRUE(absl::IsUnavailable(Page(true).status())) << method;
  }
}

TEST_F(ReconcilerTest, ReservationsComeAfterTheLastOrders) {
  audit_.page.next = "5:o1";
  EXPECT_EQ(Repair().next_page_token, "o5:o1");
  audit_.page.next = "";
  EXPECT_EQ(Repair("o5:o1").next_page_token, "r");
  EXPECT_EQ(calls_.made.at(0), "Page 5:o1");
  traces_.page.next = "17";
  EXPECT_EQ(Repair("r").next_page_token, "r17");
  traces_.page.next = "";
  EXPECT_EQ(Repair("r17").next_page_token, "");
  EXPECT_EQ(calls_.made.at(0), "Reservations 17");
  EXPECT_TRUE(absl::IsInvalidArgument(Page(false, "x").status()));
}

TEST_F(ReconcilerTest, ReservationOfNobodysOrderIsForgotten) {
  traces_.page.order_ids = {"known", "nobodys", "young"};
  audit_.known = {"known"};
  for (const std::string& id : traces_.page.order_ids) AddTrace(id, Status::kReserved);
  traces_.traces["young"].decided_at = clock_.WallNow();
  const Reconciliation result = Repair("r");
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].kind, FindingKind::kReservationWithoutOrder);
  EXPECT_THAT(calls_.made, AllOf(Contains("Forget nobodys"), SizeIs(4)));
}

TEST_F(ReconcilerTest, ArticlesAreAddedUpAsFound) {
  AddReserved("o1").order.notified_at = long_ago_;
  AddTrace("o1", Status::kReserved);
  AddReserved("o2").order.notified_at = long_ago_;
  const Reconciliation result = Repair();
  EXPECT_EQ(result.skus.at("case").ledger, 4);
  EXPECT_EQ(result.skus.at("case").reserved, 2);
}

}  // namespace
}  // namespace trellis::order
