#include "services/order/repair_requests.h"

#include "services/order/requests.h"

namespace trellis::order {
namespace {

constexpr int kDefaultLimit = 100;
constexpr int kMaxLimit = 1000;
constexpr base::milliseconds kDefaultGrace{60'000};
constexpr base::milliseconds kMaxGrace = std::chrono::hours(24 * 30);
constexpr int kDefaultPage = 200;

v1::FindingKind KindToMessage(FindingKind kind) {
  switch (kind) {
    case FindingKind::kMessageLost:
      return v1::MESSAGE_LOST;
    case FindingKind::kDecisionNotStored:
      return v1::DECISION_NOT_STORED;
    case FindingKind::kReservationMissing:
      return v1::RESERVATION_MISSING;
    case FindingKind::kNotNotified:
      return v1::NOT_NOTIFIED;
    case FindingKind::kNotificationNotStored:
      return v1::NOTIFICATION_NOT_STORED;
    case FindingKind::kNotificationMissing:
      return v1::NOTIFICATION_MISSING;
    case FindingKind::kCancelUnfinished:
      return v1::CANCEL_UNFINISHED;
    case FindingKind::kStockNotReleased:
      return v1::STOCK_NOT_RELEASED;
    case FindingKind::kLedgerRowMissing:
      return v1::LEDGER_ROW_MISSING;
    case FindingKind::kLedgerRowSurplus:
      return v1::LEDGER_ROW_SURPLUS;
    case FindingKind::kDecisionsDiffer:
      return v1::DECISIONS_DIFFER;
    case FindingKind::kReservationWithoutOrder:
      return v1::RESERVATION_WITHOUT_ORDER;
  }
  return v1::FINDING_KIND_UNSPECIFIED;
}

// A string of protobuf must be UTF-8, and what strangers have put on RabbitMQ or Redis need not be.
std::string Ascii(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

}  // namespace

absl::StatusOr<DeadArguments> DeadArgumentsFrom(v1::DeadQueue queue, int32_t limit) {
  DeadArguments arguments;
  switch (queue) {
    case v1::DEAD_QUEUE_UNSPECIFIED:
      arguments.queues = {DeadQueue::kOrders, DeadQueue::kNotifier};
      break;
    case v1::ORDERS:
      arguments.queues = {DeadQueue::kOrders};
      break;
    case v1::NOTIFIER:
      arguments.queues = {DeadQueue::kNotifier};
      break;
    default:
      return base::InvalidField("queue", "must be ORDERS or NOTIFIER, or absent for both");
  }
  if (limit < 0 || limit > kMaxLimit) return base::InvalidField("limit", "must be 1 to 1,000");
  arguments.limit = limit == 0 ? kDefaultLimit : limit;
  return arguments;
}

absl::StatusOr<ReconcileOptions> ReconcileOptionsFrom(const v1::ReconcileOrdersRequest& request) {
  if (request.older_than_ms() < 0 || request.older_than_ms() > kMaxGrace.count()) {
    return base::InvalidField("older_than_ms", "must be 1 to 2,592,000,000, which is 30 days");
  }
  if (request.page_size() < 0 || request.page_size() > kMaxLimit) {
    return base::InvalidField("page_size", "must be 1 to 1,000");
  }
  ReconcileOptions options;
  options.repair = request.repair();
  options.grace =
      request.older_than_ms() == 0 ? kDefaultGrace : base::milliseconds(request.older_than_ms());
  options.page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  return options;
}

void ToMessage(DeadQueue queue, const DeadMessage& dead, v1::DeadMessage* message) {
  message->set_queue(queue == DeadQueue::kOrders ? v1::ORDERS : v1::NOTIFIER);
  message->set_message_id(Ascii(dead.id));
  message->set_reason(Ascii(dead.reason));
  message->set_death_count(dead.deaths);
  if (dead.died_at) SetTime(*dead.died_at, message->mutable_died_at());
  message->set_body_start(dead.body_start);
  message->set_body_size(static_cast<int64_t>(dead.body_size));
}

void ToMessage(const Reconciliation& result, v1::ReconcileOrdersResponse* message) {
  for (const Finding& finding : result.findings) {
    v1::Finding* const out = message->add_findings();
    out->set_kind(KindToMessage(finding.kind));
    out->set_order_id(finding.order_id);
    out->set_sku(Ascii(finding.sku));
    out->set_qty(finding.qty);
    out->set_detail(Ascii(finding.detail));
    out->set_repaired(finding.repaired);
    out->set_repair_error(Ascii(finding.repair_error));
  }
  message->set_examined(result.examined);
  for (const auto& [sku, account] : result.skus) {
    v1::SkuAccount* const out = message->add_skus();
    out->set_sku(sku);
    out->set_ledger(account.ledger);
    out->set_reserved(account.reserved);
  }
  message->set_next_page_token(result.next_page_token);
}

}  // namespace trellis::order
