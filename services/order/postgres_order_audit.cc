#include "services/order/postgres_order_audit.h"

#include <charconv>
#include <pqxx/pqxx>

#include "services/order/order_message.h"

namespace trellis::order {

using base::Deadline;
using base::milliseconds;
using base::WallTime;
using Transaction = pqxx::transaction_base;

namespace {

std::optional<WallTime> TimeFrom(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return base::FromUnixMillis(field.as<int64_t>());
}

std::optional<int64_t> NumberFrom(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<int64_t>();
}

#define MILLIS(column) "(extract(epoch FROM " column ") * 1000)::bigint"
// What AuditedFrom reads, of the page that starts behind ($1 in microseconds, $2).
constexpr char kPageSql[] =
    "WITH page AS MATERIALIZED ("
    "  SELECT * FROM orders WHERE (received_at, id) >"
    "      (timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2)"
    "    AND received_at < clock_timestamp() - $3::bigint * interval '1 millisecond'"
    "  ORDER BY received_at, id LIMIT $4)"
    "SELECT id, page.sku, qty, status, reason, " MILLIS("received_at") ", " MILLIS(
        "reserved_at") ", " MILLIS("rejected_at") ", " MILLIS("notified_at") ", " MILLIS("cancelled_at") ", " MILLIS("cancel_requested_at") ","
    "  id IN (SELECT order_id FROM outbox), reserve.delta, release.delta,"
    "  (extract(epoch FROM received_at) * 1000000)::bigint, " MILLIS("clock_timestamp()") ","
    "  coalesce(repaired_at > clock_timestamp() - $3::bigint * interval '1 millisecond', false)"
    " FROM page"
    " LEFT JOIN ledger AS reserve ON reserve.order_id = id AND reserve.kind = 'reserve'"
    " LEFT JOIN ledger AS release ON release.order_id = id AND release.kind = 'release'"
    " ORDER BY received_at, id";
#undef MILLIS
constexpr int kMicros = 14, kNow = 15, kUnderRepair = 16;

AuditedOrder AuditedFrom(const pqxx::row& row) {
  AuditedOrder audited;
  Order& order = audited.order;
  order.id = row[0].c_str();
  order.sku = row[1].c_str();
  order.qty = row[2].as<int32_t>();
  order.status = StatusFromName(row[3].c_str());
  order.reason = row[4].c_str();
  order.received_at = TimeFrom(row[5]).value_or(WallTime());
  order.reserved_at = TimeFrom(row[6]);
  order.rejected_at = TimeFrom(row[7]);
  order.notified_at = TimeFrom(row[8]);
  order.cancelled_at = TimeFrom(row[9]);
  audited.cancel_requested_at = TimeFrom(row[10]);
  audited.in_outbox = row[11].as<bool>();
  audited.reserve_row = NumberFrom(row[12]);
  audited.release_row = NumberFrom(row[13]);
  return audited;
}

struct Cursor {
  int64_t micros = 0;
  std::string id;
};

absl::StatusOr<Cursor> ParseCursor(const std::string& text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const size_t colon = std::min(text.find(':'), text.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, cursor.micros);
  if (colon == text.size() || error != std::errc() || end != text.data() + colon ||
      !IsId(text.substr(colon + 1))) {
    return base::InvalidField("page_token", "is not one that this method returned");
  }
  cursor.id = text.substr(colon + 1);
  return cursor;
}

}  // namespace

Async<AuditPage> PostgresOrderAudit::Page(std::string after, milliseconds grace, int limit,
                                          Deadline deadline) {
  const absl::StatusOr<Cursor> cursor = ParseCursor(after);
  if (!cursor.ok()) co_return cursor.status();
  auto query = [start = *cursor, grace, limit](Transaction& transaction) {
    const auto rows =
        transaction.exec_params(kPageSql, start.micros, start.id, grace.count(), limit);
    AuditPage page;
    for (const pqxx::row& row : rows) {
      page.now = TimeFrom(row[kNow]).value_or(WallTime());
      if (!row[kUnderRepair].as<bool>()) page.orders.push_back(AuditedFrom(row));
    }
    if (static_cast<int>(rows.size()) == limit) {
      const pqxx::row& last = rows[rows.size() - 1];
      page.next = std::string(last[kMicros].c_str()) + ":" + last[0].c_str();
    }
    return absl::StatusOr<AuditPage>(std::move(page));
  };
  co_return co_await postgres::TransactFor<AuditPage>(pool_, std::move(query), deadline);
}

Async<std::set<std::string>> PostgresOrderAudit::Known(std::vector<std::string> ids,
                                                       Deadline deadline) {
  // Ids need no quotes (see IsId); what is none is no order either.
  std::string array = "{";
  for (const std::string& id : ids) {
    if (IsId(id)) array += (array.size() > 1 ? ",\"" : "\"") + id + "\"";
  }
  array += "}";
  auto query = [array](Transaction& transaction) {
    std::set<std::string> known;
    for (const pqxx::row& row :
         transaction.exec_params("SELECT id FROM orders WHERE id = ANY($1::text[])", array)) {
      known.insert(row[0].c_str());
    }
    return absl::StatusOr<std::set<std::string>>(std::move(known));
  };
  co_return co_await postgres::TransactFor<std::set<std::string>>(pool_, std::move(query),
                                                                  deadline);
}

boost::asio::awaitable<absl::Status> PostgresOrderAudit::PutInOutbox(Order order,
                                                                     Deadline deadline) {
  postgres::Work work = [order = std::move(order)](Transaction& transaction) {
    transaction.exec_params(
        "WITH repaired AS ("
        "  UPDATE orders SET repaired_at = clock_timestamp() WHERE id = $1"
        "  AND NOT EXISTS (SELECT FROM outbox WHERE order_id = $1) RETURNING id)"
        "INSERT INTO outbox (order_id, body, leased_until)"
        "  SELECT id, $2, clock_timestamp() FROM repaired",
        order.id, EncodeOrderMessage({order.id, order.sku, order.qty}));
    return absl::OkStatus();
  };
  co_return co_await pool_.Transact(std::move(work), deadline);
}

boost::asio::awaitable<absl::Status> PostgresOrderAudit::CompleteLedger(std::string id,
                                                                        Deadline deadline) {
  postgres::Work work = [id = std::move(id)](Transaction& transaction) {
    transaction.exec_params(
        "INSERT INTO ledger (order_id, kind, sku, delta, at)"
        "  SELECT id, 'reserve', sku, -qty, reserved_at FROM orders"
        "    WHERE id = $1 AND reserved_at IS NOT NULL"
        "  UNION ALL SELECT id, 'release', sku, qty, cancelled_at FROM orders"
        "    WHERE id = $1 AND reserved_at IS NOT NULL AND cancelled_at IS NOT NULL"
        "  ON CONFLICT DO NOTHING",
        id);
    return absl::OkStatus();
  };
  co_return co_await pool_.Transact(std::move(work), deadline);
}

}  // namespace trellis::order
