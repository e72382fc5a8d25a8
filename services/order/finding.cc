#include "services/order/finding.h"

#include <algorithm>

namespace trellis::order {

using base::WallTime;

namespace {

constexpr base::milliseconds kSafety = std::chrono::hours(24);

// The checks of one order.
class Checks {
 public:
  Checks(const AuditedOrder& audited, const OrderTrace& trace, WallTime now)
      : audited_(audited),
        order_(audited.order),
        trace_(trace),
        remembered_(IsRemembered(audited.order, now)),
        cancelled_(audited.order.cancelled_at.has_value()) {
    if (order_.reserved_at) stored_ = Status::kReserved;
    if (order_.rejected_at) stored_ = Status::kRejected;
  }

  std::vector<Finding> Run() {
    CheckDecision();
    CheckCancellation();
    CheckNotification();
    CheckLedger();
    return std::move(findings_);
  }

 private:
  void Add(FindingKind kind, std::string detail) {
    findings_.push_back({.kind = kind,
                         .order_id = order_.id,
                         .sku = order_.sku,
                         .qty = order_.qty,
                         .detail = std::move(detail)});
  }
  [[nodiscard]] bool Asked() const { return audited_.cancel_requested_at.has_value(); }

  void CheckDecision() {
    if (!trace_.decision) {
      if (stored_ || cancelled_) {
        if (remembered_) {
          Add(FindingKind::kReservationMissing,
              std::string(StatusName(order_.status)) + " in Postgres, unknown to Redis");
        }
      } else if (!audited_.in_outbox && !Asked()) {
        Add(FindingKind::kMessageLost, "received, not in the outbox, unknown to Redis");
      }
      return;
    }
    const std::string redis = StatusName(*trace_.decision);
    const bool other_articles =
        trace_.qty != 0 && (trace_.qty != order_.qty || trace_.sku != order_.sku);
    if (*trace_.decision == Status::kReserved && other_articles) {
      return Add(FindingKind::kDecisionsDiffer,
                 "Redis reserved " + std::to_string(trace_.qty) + " x " + trace_.sku + " for it");
    }
    if (*trace_.decision == Status::kCancelled || cancelled_) return;
    if (!stored_) {
      if (!Asked()) Add(FindingKind::kDecisionNotStored, redis + " on Redis, not in Postgres");
    } else if (*stored_ != *trace_.decision) {
      Add(FindingKind::kDecisionsDiffer,
          std::string(StatusName(*stored_)) + " in Postgres, " + redis + " on Redis");
    }
  }

  void CheckCancellation() {
    if (!cancelled_) {
      if (trace_.decision == Status::kCancelled) {
        Add(FindingKind::kCancelUnfinished, "cancelled on Redis, not in Postgres");
      } else if (Asked()) {
        Add(FindingKind::kCancelUnfinished, "to be cancelled, but still is not");
      }
    } else if (trace_.decision == Status::kReserved) {
      Add(FindingKind::kStockNotReleased, "cancelled in Postgres, reserved on Redis");
    } else if (trace_.decision == Status::kRejected) {
      Add(FindingKind::kDecisionsDiffer, "cancelled in Postgres, rejected on Redis");
    }
  }

  void CheckNotification() {
    const bool sent = trace_.notice == OrderTrace::Notice::kSent;
    if (order_.notified_at) {
      if (!sent && remembered_) {
        Add(FindingKind::kNotificationMissing, "notified in Postgres, unknown to Redis");
      }
      return;
    }
    if (sent) {
      Add(FindingKind::kNotificationNotStored, "sent by Redis, not in Postgres");
    } else if (stored_ && !cancelled_ && !Asked() && trace_.decision != Status::kCancelled &&
               !audited_.in_outbox) {
      Add(FindingKind::kNotNotified, std::string(StatusName(*stored_)) + " and nobody was told");
    }
  }

  void CheckLedger() {
    const int64_t qty = order_.qty;
    CheckRow("reserve", audited_.reserve_row, -qty, order_.reserved_at.has_value());
    CheckRow("release", audited_.release_row, qty, order_.reserved_at.has_value() && cancelled_);
  }

  void CheckRow(const std::string& kind, std::optional<int64_t> row, int64_t delta, bool wanted) {
    if (!row) {
      if (wanted) Add(FindingKind::kLedgerRowMissing, "no row '" + kind + "' in the ledger");
      return;
    }
    // Until it is decided, a row may be of the decision that is on its way to Postgres.
    const bool open = !stored_ && !cancelled_;
    if (*row != delta || (!wanted && !open)) {
      Add(FindingKind::kLedgerRowSurplus,
          "row '" + kind + "' of " + std::to_string(*row) + " in the ledger");
    }
  }

  const AuditedOrder& audited_;
  const Order& order_;
  const OrderTrace& trace_;
  const bool remembered_;
  const bool cancelled_;
  std::optional<Status> stored_;  // reserved or rejected, by Postgres
  std::vector<Finding> findings_;
};

// When the last thing happened to the order, wherever it is known.
WallTime LatestOf(const AuditedOrder& audited, const OrderTrace& trace) {
  WallTime latest = audited.order.received_at;
  const auto see = [&latest](std::optional<WallTime> time) {
    if (time) latest = std::max(latest, *time);
  };
  const Order& order = audited.order;
  for (const auto& time : {order.reserved_at, order.rejected_at, order.notified_at,
                           order.cancelled_at, audited.cancel_requested_at, trace.cancelled_at}) {
    see(time);
  }
  if (trace.decision) see(trace.decided_at);
  if (trace.notice == OrderTrace::Notice::kClaimed) see(trace.claimed_until);
  if (trace.notice == OrderTrace::Notice::kSent) see(trace.sent_at);
  return latest;
}

}  // namespace

const char* FindingName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kMessageLost:
      return "message_lost";
    case FindingKind::kDecisionNotStored:
      return "decision_not_stored";
    case FindingKind::kReservationMissing:
      return "reservation_missing";
    case FindingKind::kNotNotified:
      return "not_notified";
    case FindingKind::kNotificationNotStored:
      return "notification_not_stored";
    case FindingKind::kNotificationMissing:
      return "notification_missing";
    case FindingKind::kCancelUnfinished:
      return "cancel_unfinished";
    case FindingKind::kStockNotReleased:
      return "stock_not_released";
    case FindingKind::kLedgerRowMissing:
      return "ledger_row_missing";
    case FindingKind::kLedgerRowSurplus:
      return "ledger_row_surplus";
    case FindingKind::kDecisionsDiffer:
      return "decisions_differ";
    case FindingKind::kReservationWithoutOrder:
      return "reservation_without_order";
  }
  return "unknown";
}

bool IsRemembered(const Order& order, WallTime now) {
  return order.received_at > now - (kRememberOrders - kSafety);
}

bool IsUnderWay(const AuditedOrder& audited, const OrderTrace& trace, WallTime now,
                base::milliseconds grace) {
  return LatestOf(audited, trace) > now - grace;
}

std::vector<Finding> FindingsOf(const AuditedOrder& audited, const OrderTrace& trace,
                                WallTime now) {
  return Checks(audited, trace, now).Run();
}

}  // namespace trellis::order
