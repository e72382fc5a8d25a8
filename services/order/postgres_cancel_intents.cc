#include "services/order/postgres_cancel_intents.h"

#include <pqxx/pqxx>

namespace trellis::order {

using base::Deadline;
using base::milliseconds;
using Transaction = pqxx::transaction_base;

namespace {

#define MILLIS(column) "(extract(epoch FROM " column ") * 1000)::bigint"
// What OrderFrom reads.
constexpr char kColumns[] = " id, sku, qty, status, " MILLIS("received_at") ", " MILLIS(
    "reserved_at") ", " MILLIS("notified_at") ", " MILLIS("cancelled_at") " ";
#undef MILLIS

std::optional<base::WallTime> TimeFrom(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return base::FromUnixMillis(field.as<int64_t>());
}

Order OrderFrom(const pqxx::row& row) {
  return {.id = row[0].c_str(),
          .sku = row[1].c_str(),
          .qty = row[2].as<int32_t>(),
          .status = StatusFromName(row[3].c_str()),
          .received_at = TimeFrom(row[4]).value_or(base::WallTime()),
          .reserved_at = TimeFrom(row[5]),
          .notified_at = TimeFrom(row[6]),
          .cancelled_at = TimeFrom(row[7])};
}

}  // namespace

Async<Order> PostgresCancelIntents::Request(std::string id, Deadline deadline) {
  auto query = [id = std::move(id)](Transaction& transaction) -> absl::StatusOr<Order> {
    transaction.exec_params(
        "UPDATE orders SET cancel_requested_at = clock_timestamp() WHERE id = $1"
        " AND status <> 'rejected' AND cancelled_at IS NULL AND cancel_requested_at IS NULL",
        id);
    const auto rows =
        transaction.exec_params(std::string("SELECT") + kColumns + "FROM orders WHERE id = $1", id);
    if (rows.empty()) {
      return base::MakeStatus(absl::StatusCode::kNotFound, "there is no order '" + id + "'");
    }
    Order order = OrderFrom(rows[0]);
    if (order.status != Status::kRejected) return order;
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            "order '" + id + "' was rejected");
  };
  co_return co_await postgres::TransactFor<Order>(pool_, std::move(query), deadline);
}

boost::asio::awaitable<absl::Status> PostgresCancelIntents::Withdraw(std::string id,
                                                                     Deadline deadline) {
  postgres::Work work = [id = std::move(id)](Transaction& transaction) {
    transaction.exec_params(
        "UPDATE orders SET cancel_requested_at = NULL WHERE id = $1 AND cancelled_at IS NULL", id);
    return absl::OkStatus();
  };
  co_return co_await pool_.Transact(std::move(work), deadline);
}

Async<std::vector<Order>> PostgresCancelIntents::Unfinished(milliseconds age, int limit,
                                                            Deadline deadline) {
  auto query = [age, limit](Transaction& transaction) {
    const auto rows = transaction.exec_params(
        std::string("SELECT") + kColumns +
            "FROM orders WHERE cancel_requested_at IS NOT NULL AND cancelled_at IS NULL"
            " AND cancel_requested_at < clock_timestamp() - $1::bigint * interval '1 millisecond'"
            " ORDER BY cancel_requested_at LIMIT $2",
        age.count(), limit);
    std::vector<Order> unfinished;
    for (const pqxx::row& row : rows) unfinished.push_back(OrderFrom(row));
    return absl::StatusOr<std::vector<Order>>(std::move(unfinished));
  };
  co_return co_await postgres::TransactFor<std::vector<Order>>(pool_, std::move(query), deadline);
}

}  // namespace trellis::order
