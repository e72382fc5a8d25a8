#include "services/order/reconciler.h"

#include "mesh/telemetry/log.h"

namespace trellis::order {

using base::Deadline;

namespace {

// A page token says first what is paged through.
constexpr char kOrders = 'o';
constexpr char kReservations = 'r';

boost::asio::awaitable<absl::Status> LeaveToAPerson(std::string why) {
  co_return base::MakeStatus(absl::StatusCode::kFailedPrecondition, why);
}

void Account(const AuditedOrder& audited, const OrderTrace& trace,
             std::map<std::string, SkuAccount>* skus) {
  SkuAccount& account = (*skus)[audited.order.sku];
  account.ledger -= audited.reserve_row.value_or(0) + audited.release_row.value_or(0);
  if (trace.decision == Status::kReserved) account.reserved += trace.qty;
}

}  // namespace

Reconciler::Reconciler(ReconcilerPorts ports, telemetry::Metrics& metrics) : ports_(ports) {
  for (const FindingKind kind : kAllFindingKinds) {
    const telemetry::Labels labels = {{"kind", FindingName(kind)}};
    counters_[kind] = {
        &metrics.AddCounter("trellis_order_findings_total",
                            "Disagreements between stores that were reported.", labels),
        &metrics.AddCounter("trellis_order_repairs_total", "Those that were repaired.", labels)};
  }
}

Async<Reconciliation> Reconciler::Page(std::string page_token, ReconcileOptions options,
                                       Deadline deadline) {
  if (page_token.empty()) page_token = kOrders;
  const std::string after = page_token.substr(1);
  if (page_token[0] == kOrders) co_return co_await OrdersPage(after, options, deadline);
  if (page_token[0] == kReservations) {
    co_return co_await ReservationsPage(after, options, deadline);
  }
  co_return base::InvalidField("page_token", "is not one that this method returned");
}

Async<Reconciliation> Reconciler::OrdersPage(std::string after, ReconcileOptions options,
                                             Deadline deadline) {
  const absl::StatusOr<AuditPage> page =
      co_await ports_.audit.Page(std::move(after), options.grace, options.page_size, deadline);
  if (!page.ok()) co_return page.status();
  std::vector<std::string> ids;
  for (const AuditedOrder& audited : page->orders) ids.push_back(audited.order.id);
  const absl::StatusOr<std::vector<OrderTrace>> traces =
      co_await ports_.traces.Read(std::move(ids), deadline);
  if (!traces.ok()) co_return traces.status();

  Reconciliation result;
  result.examined = static_cast<int64_t>(page->orders.size());
  for (size_t i = 0; i < page->orders.size() && i < traces->size(); ++i) {
    const AuditedOrder& audited = page->orders[i];
    const OrderTrace& trace = (*traces)[i];
    if (IsUnderWay(audited, trace, page->now, options.grace)) continue;
    if (IsRemembered(audited.order, page->now)) Account(audited, trace, &result.skus);
    for (Finding& finding : FindingsOf(audited, trace, page->now)) {
      if (finding.kind == FindingKind::kMessageLost && !IsRemembered(audited.order, page->now)) {
        finding.repair_error = "so old that Redis may have forgotten a reservation of it";
      }
      co_await Finish(finding, audited, trace, options.repair, deadline);
      result.findings.push_back(std::move(finding));
    }
  }
  result.next_page_token =
      page->next.empty() ? std::string(1, kReservations) : std::string(1, kOrders) + page->next;
  co_return result;
}

Async<Reconciliation> Reconciler::ReservationsPage(std::string after, ReconcileOptions options,
                                                   Deadline deadline) {
  const absl::StatusOr<ReservationPage> page =
      co_await ports_.traces.Reservations(std::move(after), options.page_size, deadline);
  if (!page.ok()) co_return page.status();
  // Redis before Postgres: an order is there before its reservation.
  const absl::StatusOr<std::vector<OrderTrace>> traces =
      co_await ports_.traces.Read(page->order_ids, deadline);
  if (!traces.ok()) co_return traces.status();
  const absl::StatusOr<std::set<std::string>> known =
      co_await ports_.audit.Known(page->order_ids, deadline);
  if (!known.ok()) co_return known.status();

  Reconciliation result;
  result.examined = static_cast<int64_t>(page->order_ids.size());
  const base::WallTime now = ports_.clock.WallNow();
  for (size_t i = 0; i < page->order_ids.size() && i < traces->size(); ++i) {
    const OrderTrace& trace = (*traces)[i];
    AuditedOrder audited;
    audited.order.id = page->order_ids[i];
    audited.order.sku = trace.sku;
    audited.order.qty = trace.qty;
    if (!trace.decision || known->contains(audited.order.id) ||
        IsUnderWay(audited, trace, now, options.grace)) {
      continue;
    }
    Finding finding{
        .kind = FindingKind::kReservationWithoutOrder,
        .order_id = audited.order.id,
        .sku = trace.sku,
        .qty = trace.qty,
        .detail = std::string(StatusName(*trace.decision)) + " on Redis, unknown to Postgres"};
    co_await Finish(finding, audited, trace, options.repair, deadline);
    result.findings.push_back(std::move(finding));
  }
  if (!page->next.empty()) result.next_page_token = std::string(1, kReservations) + page->next;
  co_return result;
}

boost::asio::awaitable<void> Reconciler::Finish(Finding& finding, const AuditedOrder& audited,
                                                const OrderTrace& trace, bool repair,
                                                Deadline deadline) {
  const Counters& counters = counters_.at(finding.kind);
  counters.found->Increment();
  if (!repair || !finding.repair_error.empty()) co_return;
  const absl::Status status = co_await Repair(finding.kind, audited, trace, deadline);
  finding.repaired = status.ok();
  if (status.ok()) {
    counters.repaired->Increment();
  } else {
    finding.repair_error = base::MessageOf(status);
  }
  telemetry::Log(status.ok() ? telemetry::Level::kInfo : telemetry::Level::kWarn,
                 status.ok() ? "repaired an order" : "could not repair an order",
                 {{"order", finding.order_id},
                  {"kind", FindingName(finding.kind)},
                  {"detail", status.ok() ? finding.detail : finding.repair_error}});
}

Reconciler::Outcome Reconciler::StoreDecision(const Order& order, const OrderTrace& trace,
                                              Deadline deadline) {
  absl::Status stored;
  if (trace.decision == Status::kRejected) {
    stored = co_await ports_.store.SetRejected(order.id, trace.reason, trace.decided_at, deadline);
  } else {
    stored = co_await ports_.store.SetReserved(order.id, trace.decided_at, deadline);
  }
  if (!stored.ok()) co_return stored;
  co_return co_await ports_.audit.PutInOutbox(order, deadline);
}

Reconciler::Outcome Reconciler::Announce(const Order& order, Deadline deadline) {
  // Else the message would take the stock of an order that Redis has forgotten again.
  const absl::Status restored = co_await ports_.traces.RestoreReservation(order, deadline);
  if (!restored.ok()) co_return restored;
  co_return co_await ports_.audit.PutInOutbox(order, deadline);
}

Reconciler::Outcome Reconciler::StoreNotification(const Order& order, const OrderTrace& trace,
                                                  Deadline deadline) {
  co_return co_await ports_.store.SetNotified(order.id, trace.sent_at, deadline);
}

Reconciler::Outcome Reconciler::Cancel(const Order& order, Deadline deadline) {
  const absl::StatusOr<Order> done = co_await ports_.cancelling.Complete(order, deadline);
  // It was rejected, and the wish is withdrawn: nothing is left to do.
  if (absl::IsFailedPrecondition(done.status())) co_return absl::OkStatus();
  co_return done.status();
}

Reconciler::Outcome Reconciler::Release(const Order& order, Deadline deadline) {
  const auto released = co_await ports_.stock.Cancel(order.id, order.sku, deadline);
  co_return released.status();
}

Reconciler::Outcome Reconciler::Repair(FindingKind kind, const AuditedOrder& audited,
                                       const OrderTrace& trace, Deadline deadline) {
  const Order& order = audited.order;
  switch (kind) {
    case FindingKind::kMessageLost:
      return ports_.audit.PutInOutbox(order, deadline);
    case FindingKind::kDecisionNotStored:
      return StoreDecision(order, trace, deadline);
    case FindingKind::kReservationMissing:
      return ports_.traces.RestoreReservation(order, deadline);
    case FindingKind::kNotNotified:
      return Announce(order, deadline);
    case FindingKind::kNotificationNotStored:
      return StoreNotification(order, trace, deadline);
    case FindingKind::kNotificationMissing:
      return ports_.traces.RestoreNotification(
          order.id, order.notified_at.value_or(base::WallTime()), deadline);
    case FindingKind::kCancelUnfinished:
      return Cancel(order, deadline);
    case FindingKind::kStockNotReleased:
      return Release(order, deadline);
    case FindingKind::kLedgerRowMissing:
      return ports_.audit.CompleteLedger(order.id, deadline);
    case FindingKind::kLedgerRowSurplus:
      return LeaveToAPerson("nobody can tell which is right, the ledger or the order");
    case FindingKind::kDecisionsDiffer:
      return LeaveToAPerson("nobody can tell which decision the customer was told");
    case FindingKind::kReservationWithoutOrder:
      return ports_.traces.Forget(order.id, order.sku, trace.decided_at, deadline);
  }
  return LeaveToAPerson("unknown");
}

}  // namespace trellis::order
