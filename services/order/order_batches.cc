#include "services/order/order_batches.h"

#include <map>
#include <pqxx/pqxx>
#include <set>

#include "mesh/postgres/array_literal.h"
#include "mesh/postgres/prepared.h"
#include "services/order/order_message.h"

namespace trellis::order {

using postgres::ArrayLiteral;

namespace {

// The first item with each id, in the order of ids.
template <typename Item, typename IdOf>
std::map<std::string_view, size_t> FirstOfEach(const std::vector<Item>& items, IdOf id_of) {
  std::map<std::string_view, size_t> first;
  for (size_t i = 0; i < items.size(); ++i) first.try_emplace(id_of(items[i]), i);
  return first;
}

constexpr char kPlace[] =
    "WITH wanted AS MATERIALIZED ("
    "  SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[],"
    "    $6::text[], $7::bigint[])"
    "    AS wanted (id, sku, qty, body, request_id, traceparent, lease)), "
    "placed AS ("
    "  INSERT INTO orders (id, sku, qty) SELECT id, sku, qty FROM wanted"
    "  ON CONFLICT (id) DO NOTHING RETURNING id, received_at), "
    "message AS ("
    "  INSERT INTO outbox (order_id, body, request_id, traceparent, leased_until)"
    "  SELECT id, body, request_id, traceparent,"
    "    clock_timestamp() + lease * interval '1 millisecond'"
    "  FROM wanted JOIN placed USING (id) RETURNING id, order_id) "
    "SELECT order_id, message.id, (extract(epoch FROM received_at) * 1000)::bigint"
    "  FROM message JOIN placed ON order_id = placed.id";

// Its ids are in order, and so are the locks that the UPDATE takes on its way through them: batches
// that meet wait for each other. (Should a plan ever take another way, Postgres ends the deadlock
// and the batch runs again.)
#define WANTED                                               \
  "WITH wanted AS MATERIALIZED ("                            \
  "  SELECT id, to_timestamp(millis / 1000.0) AS at, reason" \
  "  FROM unnest($1::text[], $2::bigint[], $3::text[]) AS wanted (id, millis, reason)), "
#define WHICH_THERE_ARE "SELECT id FROM orders WHERE id = ANY ($1::text[])"

constexpr char kReserved[] = WANTED
    "reserved AS ("
    "  UPDATE orders SET reserved_at = at,"
    "    status = CASE status WHEN 'received' THEN 'reserved' ELSE status END"
    "  FROM wanted WHERE orders.id = wanted.id AND reserved_at IS NULL"
    "  RETURNING orders.id, sku, qty), "
    "entry AS ("
    "  INSERT INTO ledger (order_id, kind, sku, delta)"
    "  SELECT id, 'reserve', sku, -qty FROM reserved ON CONFLICT DO NOTHING) " WHICH_THERE_ARE;
constexpr char kRejected[] = WANTED
    "rejected AS ("
    "  UPDATE orders SET rejected_at = at, reason = wanted.reason, status = 'rejected'"
    "  FROM wanted WHERE orders.id = wanted.id AND status = 'received') " WHICH_THERE_ARE;
constexpr char kNotified[] = WANTED
    "notified AS ("
    "  UPDATE orders SET notified_at = at,"
    "    status = CASE status WHEN 'reserved' THEN 'notified' ELSE status END"
    "  FROM wanted WHERE orders.id = wanted.id AND notified_at IS NULL) " WHICH_THERE_ARE;
#undef WHICH_THERE_ARE
#undef WANTED

struct Statement {
  const char* name;
  const char* sql;
};
Statement StatementOf(StepKind kind) {
  switch (kind) {
    case StepKind::kReserved:
      return {"reserved", kReserved};
    case StepKind::kRejected:
      return {"rejected", kRejected};
    case StepKind::kNotified:
      break;
  }
  return {"notified", kNotified};
}

}  // namespace

absl::StatusOr<std::vector<PlaceResult>> PlaceAll(pqxx::transaction_base& transaction,
                                                  const std::vector<Placement>& placements) {
  const auto first = FirstOfEach(placements, [](const Placement& placement) -> const std::string& {
    return placement.order.id;
  });
  ArrayLiteral ids, skus, quantities, bodies, request_ids, traceparents, leases;
  std::vector<PlaceResult> results(placements.size(),
                                   {.outcome = PlaceResult::Outcome::kDuplicate});
  for (const auto& [id, i] : first) {
    const NewOrder& order = placements[i].order;
    OutboxRow& row = results[i].row;
    row = {.order_id = order.id,
           .body = EncodeOrderMessage({order.id, order.sku, order.qty}),
           .request_id = order.request_id,
           .traceparent = order.traceparent};
    ids.Add(order.id);
    skus.Add(order.sku);
    quantities.Add(order.qty);
    bodies.Add(row.body);
    request_ids.Add(order.request_id);
    traceparents.Add(order.traceparent);
    leases.Add(placements[i].lease.count());
  }
  const auto rows = postgres::ExecPrepared(transaction, "place", kPlace, ids.text(), skus.text(),
                                           quantities.text(), bodies.text(), request_ids.text(),
                                           traceparents.text(), leases.text());
  for (const pqxx::row& row : rows) {
    const size_t i = first.at(row[0].c_str());
    const NewOrder& order = placements[i].order;
    results[i].outcome = PlaceResult::Outcome::kAccepted;
    results[i].row.id = row[1].as<int64_t>();
    results[i].order = {.id = order.id,
                        .sku = order.sku,
                        .qty = order.qty,
                        .received_at = base::FromUnixMillis(row[2].as<int64_t>())};
  }
  return results;
}

absl::StatusOr<std::vector<bool>> TakeSteps(pqxx::transaction_base& transaction, StepKind kind,
                                            const std::vector<Step>& steps) {
  const auto first =
      FirstOfEach(steps, [](const Step& step) -> const std::string& { return step.id; });
  ArrayLiteral ids, times, reasons;
  for (const auto& [id, i] : first) {
    ids.Add(id);
    times.Add(base::UnixMillis(steps[i].at));
    reasons.Add(steps[i].reason);
  }
  std::set<std::string, std::less<>> known;
  const Statement statement = StatementOf(kind);
  const auto rows = postgres::ExecPrepared(transaction, statement.name, statement.sql, ids.text(),
                                           times.text(), reasons.text());
  for (const pqxx::row& row : rows) known.insert(row[0].c_str());
  std::vector<bool> results;
  results.reserve(steps.size());
  for (const Step& step : steps) results.push_back(known.contains(step.id));
  return results;
}

}  // namespace trellis::order
