#include "services/order/postgres_order_store.h"

#include <charconv>
#include <pqxx/pqxx>

#include "mesh/postgres/array_literal.h"
#include "mesh/postgres/prepared.h"

namespace trellis::order {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;
using base::WallTime;
using Transaction = pqxx::transaction_base;

namespace {

#define MILLIS(column) "(extract(epoch FROM " column ") * 1000)::bigint"
// What OrderFrom reads.
constexpr char kColumns[] =
    " id, sku, qty, status, reason, " MILLIS("received_at") ", " MILLIS("reserved_at") ", " MILLIS(
        "rejected_at") ", " MILLIS("notified_at") ", " MILLIS("cancelled_at") " ";
#undef MILLIS

std::string Sql(const char* before, const char* after) {
  return std::string(before) + kColumns + after;
}

std::optional<WallTime> TimeFrom(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return base::FromUnixMillis(field.as<int64_t>());
}

Order OrderFrom(const pqxx::row& row) {
  Order order;
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
  return order;
}

absl::Status NoSuchOrder(const std::string& id) {
  return base::MakeStatus(absl::StatusCode::kNotFound, "there is no order '" + id + "'");
}

// The same request has the same one; ids hold no blanks.
std::string Fingerprint(const NewOrder& order) {
  return order.id + " " + order.sku + " " + std::to_string(order.qty);
}

// What an idempotency key decides; nothing when the order is to be placed. The lock lasts until the
// transaction's end, so that of two requests at a time one is told so.
std::optional<PlaceResult> AskIdempotencyKey(Transaction& transaction, const NewOrder& order) {
  using Outcome = PlaceResult::Outcome;
  const auto locked = transaction.exec_params(
      "SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency:' || $1, 0))",
      order.idempotency_key);
  if (!locked[0][0].as<bool>()) return PlaceResult{.outcome = Outcome::kKeyInUse};
  const auto known = transaction.exec_params(
      "SELECT fingerprint, order_id FROM idempotency_keys WHERE key = $1", order.idempotency_key);
  if (known.empty()) return std::nullopt;
  if (known[0][0].c_str() != Fingerprint(order)) {
    return PlaceResult{.outcome = Outcome::kKeyMismatch};
  }
  // The answer to the first request: the order as it was received.
  const auto rows =
      transaction.exec_params(Sql("SELECT", "FROM orders WHERE id = $1"), known[0][1].c_str());
  PlaceResult result{.outcome = Outcome::kReplayed};
  if (!rows.empty()) {
    result.order = OrderFrom(rows[0]);
    result.order = Order{.id = result.order.id,
                         .sku = result.order.sku,
                         .qty = result.order.qty,
                         .received_at = result.order.received_at};
  }
  return result;
}

absl::StatusOr<PlaceResult> PlaceWithKey(Transaction& transaction, const Placement& placement) {
  const NewOrder& order = placement.order;
  if (auto decided = AskIdempotencyKey(transaction, order)) return *decided;
  absl::StatusOr<std::vector<PlaceResult>> placed = PlaceAll(transaction, {placement});
  if (!placed.ok()) return placed.status();
  if (placed->front().outcome == PlaceResult::Outcome::kAccepted) {
    transaction.exec_params(
        "INSERT INTO idempotency_keys (key, fingerprint, order_id) VALUES ($1, $2, $3)",
        order.idempotency_key, Fingerprint(order), order.id);
  }
  return std::move(placed->front());
}

// Where a page starts: received_at in microseconds and id of the order before it.
struct Cursor {
  int64_t micros = 0;
  std::string id;
};

absl::StatusOr<std::optional<Cursor>> ParseToken(const std::string& token) {
  if (token.empty()) return std::optional<Cursor>();
  const size_t colon = token.find(':');
  Cursor cursor;
  const auto [end, error] =
      std::from_chars(token.data(), token.data() + std::min(colon, token.size()), cursor.micros);
  if (colon == token.npos || error != std::errc() || end != token.data() + colon) {
    return base::InvalidField("page_token", "is not one that this method returned");
  }
  cursor.id = token.substr(colon + 1);
  return std::optional<Cursor>(cursor);
}

}  // namespace

PostgresOrderStore::PostgresOrderStore(postgres::Pool& pool, base::BatcherOptions batches)
    : pool_(pool),
      place_(
          [&pool](const std::vector<Placement>& placements, Deadline deadline) {
            auto query = [&placements](Transaction& transaction) {
              return PlaceAll(transaction, placements);
            };
            return postgres::TransactFor<std::vector<PlaceResult>>(pool, std::move(query),
                                                                   deadline);
          },
          batches),
      reserved_(Taking(StepKind::kReserved), batches),
      rejected_(Taking(StepKind::kRejected), batches),
      notified_(Taking(StepKind::kNotified), batches) {}

Async<PlaceResult> PostgresOrderStore::Place(NewOrder order, milliseconds lease,
                                             Deadline deadline) {
  Placement placement{std::move(order), lease};
  if (placement.order.idempotency_key.empty()) {
    co_return co_await place_.Do(std::move(placement), deadline);
  }
  // The key's lock is held to the transaction's end, so others shall not be in it.
  auto query = [placement = std::move(placement)](Transaction& transaction) {
    return PlaceWithKey(transaction, placement);
  };
  co_return co_await postgres::TransactFor<PlaceResult>(pool_, std::move(query), deadline);
}

Async<Order> PostgresOrderStore::Get(std::string id, Deadline deadline) {
  auto query = [id = std::move(id)](Transaction& transaction) -> absl::StatusOr<Order> {
    const auto rows = transaction.exec_params(Sql("SELECT", "FROM orders WHERE id = $1"), id);
    if (rows.empty()) return NoSuchOrder(id);
    return OrderFrom(rows[0]);
  };
  co_return co_await postgres::TransactFor<Order>(pool_, std::move(query), deadline);
}

Async<OrderPage> PostgresOrderStore::List(std::optional<Status> status, int page_size,
                                          std::string page_token, Deadline deadline) {
  const absl::StatusOr<std::optional<Cursor>> cursor = ParseToken(page_token);
  if (!cursor.ok()) co_return cursor.status();
  const std::string wanted = status ? StatusName(*status) : "";
  auto query = [start = *cursor, wanted, page_size](Transaction& transaction) {
    const auto rows = transaction.exec_params(
        Sql("SELECT",
            ", (extract(epoch FROM received_at) * 1000000)::bigint FROM orders"
            " WHERE ($1 = '' OR status = $1)"
            " AND ($2::bigint = 0 OR (received_at, id) <"
            "   (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3))"
            " ORDER BY received_at DESC, id DESC LIMIT $4"),
        wanted, start ? start->micros : 0, start ? start->id : "", page_size + 1);
    OrderPage page;
    for (const pqxx::row& row : rows) {
      if (static_cast<int>(page.orders.size()) == page_size) {
        const pqxx::row& last = rows[static_cast<size_t>(page_size) - 1];
        page.next_page_token = std::string(last[10].c_str()) + ":" + last[0].c_str();
        break;
      }
      page.orders.push_back(OrderFrom(row));
    }
    return absl::StatusOr<OrderPage>(std::move(page));
  };
  co_return co_await postgres::TransactFor<OrderPage>(pool_, std::move(query), deadline);
}

PostgresOrderStore::Steps::Run PostgresOrderStore::Taking(StepKind kind) {
  return [&pool = pool_, kind](const std::vector<Step>& steps, Deadline deadline) {
    auto query = [kind, &steps](Transaction& transaction) {
      return TakeSteps(transaction, kind, steps);
    };
    return postgres::TransactFor<std::vector<bool>>(pool, std::move(query), deadline,
                                                    postgres::Form::kStatement);
  };
}

asio::awaitable<absl::Status> PostgresOrderStore::Take(Steps& steps, Step step, Deadline deadline) {
  const std::string id = step.id;
  const absl::StatusOr<bool> known = co_await steps.Do(std::move(step), deadline);
  if (!known.ok()) co_return known.status();
  co_return *known ? absl::OkStatus() : NoSuchOrder(id);
}

asio::awaitable<absl::Status> PostgresOrderStore::SetReserved(std::string id, WallTime at,
                                                              Deadline deadline) {
  Step step{.id = std::move(id), .at = at};
  co_return co_await Take(reserved_, std::move(step), deadline);
}

asio::awaitable<absl::Status> PostgresOrderStore::SetRejected(std::string id, std::string reason,
                                                              WallTime at, Deadline deadline) {
  Step step{.id = std::move(id), .at = at, .reason = std::move(reason)};
  co_return co_await Take(rejected_, std::move(step), deadline);
}

asio::awaitable<absl::Status> PostgresOrderStore::SetNotified(std::string id, WallTime at,
                                                              Deadline deadline) {
  Step step{.id = std::move(id), .at = at};
  co_return co_await Take(notified_, std::move(step), deadline);
}

Async<Order> PostgresOrderStore::SetCancelled(std::string id, bool released, WallTime at,
                                              Deadline deadline) {
  // The stock was taken even if the processor has not come to say so yet.
  static constexpr char kSql[] =
      "WITH cancelled AS ("
      "  UPDATE orders SET cancelled_at = to_timestamp($2::bigint / 1000.0), status = 'cancelled',"
      "    reserved_at = CASE WHEN $3 THEN coalesce(reserved_at,"
      "      to_timestamp($2::bigint / 1000.0)) ELSE reserved_at END"
      "  WHERE id = $1 AND cancelled_at IS NULL RETURNING id, sku, qty)"
      "INSERT INTO ledger (order_id, kind, sku, delta)"
      "  SELECT id, kind, sku, sign * qty FROM cancelled,"
      "    (VALUES ('reserve', -1), ('release', 1)) AS both_kinds (kind, sign)"
      "  WHERE $3 ON CONFLICT DO NOTHING";
  auto query = [id = std::move(id), released,
                at](Transaction& transaction) -> absl::StatusOr<Order> {
    transaction.exec_params(kSql, id, base::UnixMillis(at), released);
    const auto rows = transaction.exec_params(Sql("SELECT", "FROM orders WHERE id = $1"), id);
    if (rows.empty()) return NoSuchOrder(id);
    return OrderFrom(rows[0]);
  };
  co_return co_await postgres::TransactFor<Order>(pool_, std::move(query), deadline);
}

Async<std::vector<OutboxRow>> PostgresOrderStore::ClaimOutbox(int limit, milliseconds lease,
                                                              Deadline deadline) {
  auto query = [limit, lease](Transaction& transaction) {
    const auto rows = transaction.exec_params(
        "UPDATE outbox SET leased_until = clock_timestamp() + $2 * interval '1 millisecond'"
        " WHERE id IN (SELECT id FROM outbox AS row WHERE leased_until < clock_timestamp()"
        "   AND NOT EXISTS (SELECT FROM outbox AS earlier WHERE earlier.order_id = row.order_id"
        "     AND earlier.id < row.id)"
        "   ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)"
        " RETURNING id, order_id, body, request_id, traceparent,"
        "   (extract(epoch FROM clock_timestamp() - created_at) * 1000)::bigint",
        limit, lease.count());
    const base::SteadyTime now = std::chrono::steady_clock::now();
    std::vector<OutboxRow> claimed;
    for (const pqxx::row& row : rows) {
      claimed.push_back({row[0].as<int64_t>(), row[1].c_str(), row[2].c_str(), row[3].c_str(),
                         row[4].c_str(), now - milliseconds(row[5].as<int64_t>())});
    }
    std::sort(claimed.begin(), claimed.end(),
              [](const OutboxRow& a, const OutboxRow& b) { return a.id < b.id; });
    return absl::StatusOr<std::vector<OutboxRow>>(std::move(claimed));
  };
  co_return co_await postgres::TransactFor<std::vector<OutboxRow>>(pool_, std::move(query),
                                                                   deadline);
}

boost::asio::awaitable<absl::Status> PostgresOrderStore::DeleteOutbox(std::vector<int64_t> ids,
                                                                      Deadline deadline) {
  postgres::ArrayLiteral array;
  for (const int64_t id : ids) array.Add(id);
  postgres::Work work = [ids = array.text()](Transaction& transaction) {
    postgres::ExecPrepared(transaction, "published",
                           "DELETE FROM outbox WHERE id = ANY($1::bigint[])", ids);
    return absl::OkStatus();
  };
  co_return co_await pool_.Run(std::move(work), deadline, postgres::Form::kStatement);
}

Async<OutboxStats> PostgresOrderStore::GetOutboxStats(Deadline deadline) {
  auto query = [](Transaction& transaction) {
    const auto rows = transaction.exec(
        "SELECT count(*), coalesce((extract(epoch FROM clock_timestamp() - min(created_at))"
        " * 1000)::bigint, 0) FROM outbox");
    return absl::StatusOr<OutboxStats>(
        OutboxStats{rows[0][0].as<int64_t>(), milliseconds(rows[0][1].as<int64_t>())});
  };
  co_return co_await postgres::TransactFor<OutboxStats>(pool_, std::move(query), deadline);
}

Async<std::map<std::string, int64_t>> PostgresOrderStore::CountByStatus(Deadline deadline) {
  auto query = [](Transaction& transaction) {
    std::map<std::string, int64_t> counts;
    for (const Status status : kAllStatuses) counts[StatusName(status)] = 0;
    for (const pqxx::row& row :
         transaction.exec("SELECT status, count(*) FROM orders GROUP BY status")) {
      counts[row[0].c_str()] = row[1].as<int64_t>();
    }
    return absl::StatusOr<std::map<std::string, int64_t>>(std::move(counts));
  };
  co_return co_await postgres::TransactFor<std::map<std::string, int64_t>>(pool_, std::move(query),
                                                                           deadline);
}

}  // namespace trellis::order
