#include "services/order/postgres_accepted_orders.h"

#include <map>
#include <pqxx/pqxx>

#include "mesh/postgres/array_literal.h"
#include "mesh/postgres/prepared.h"
#include "services/order/pace.h"

namespace trellis::order {
namespace {

using Answers = std::vector<std::optional<AcceptedOrder>>;

absl::StatusOr<Answers> Query(pqxx::transaction_base& transaction,
                              const std::vector<std::string>& ids) {
  postgres::ArrayLiteral array;
  for (const std::string& id : ids) array.Add(id);
  std::map<std::string, AcceptedOrder> found;
  for (const pqxx::row& row : postgres::ExecPrepared(
           transaction, "accepted", "SELECT id, sku, qty FROM orders WHERE id = ANY($1::text[])",
           array.text())) {
    found[row[0].c_str()] = {row[1].c_str(), row[2].as<int32_t>()};
  }
  Answers answers;
  for (const std::string& id : ids) {
    const auto order = found.find(id);
    answers.push_back(order == found.end() ? std::nullopt : std::optional(order->second));
  }
  return answers;
}

absl::Status NoSuchOrder(const std::string& id) {
  return base::MakeStatus(absl::StatusCode::kNotFound, "there is no order '" + id + "'");
}

}  // namespace

PostgresAcceptedOrders::PostgresAcceptedOrders(postgres::Pool& pool)
    : batches_(
          [&pool](const std::vector<std::string>& ids, base::Deadline deadline) {
            auto query = [&ids](pqxx::transaction_base& transaction) {
              return Query(transaction, ids);
            };
            return postgres::TransactFor<Answers>(pool, std::move(query), deadline,
                                                  postgres::Form::kStatement);
          },
          kInGroups) {}

Async<AcceptedOrder> PostgresAcceptedOrders::Find(std::string id, base::Deadline deadline) {
  // What is no id is no order either, and need not come to Postgres.
  if (!IsId(id)) co_return NoSuchOrder(id);
  const auto found = co_await batches_.Do(id, deadline);
  if (!found.ok()) co_return found.status();
  if (!*found) co_return NoSuchOrder(id);
  co_return **found;
}

}  // namespace trellis::order
