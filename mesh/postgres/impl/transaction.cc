#include "mesh/postgres/impl/transaction.h"

#include <algorithm>

namespace trellis::postgres::impl {

int64_t StatementTimeoutMillis(base::Deadline deadline) {
  if (deadline.IsInfinite()) return 0;
  // Rounded up, so that a deadline has passed when the server says so; zero would mean never.
  const auto left =
      std::chrono::ceil<base::milliseconds>(deadline.time() - std::chrono::steady_clock::now());
  return std::clamp<int64_t>(left.count(), 1, 1'000'000'000);
}

std::string SetLocalTimeout(base::Deadline deadline) {
  return "SET LOCAL statement_timeout = " + std::to_string(StatementTimeoutMillis(deadline));
}

Transaction::Transaction(Connection& connection, base::Deadline deadline)
    : namedclass("transaction"),
      dbtransaction(connection, true),
      connection_(connection),
      deadline_(deadline) {
  Begin();
}

Transaction::~Transaction() { End(); }

void Transaction::do_begin() {
  const std::string begin = "BEGIN ISOLATION LEVEL READ COMMITTED; " + SetLocalTimeout(deadline_);
  direct_exec(begin.c_str());
}

void Transaction::do_commit() {
  if (PQtransactionStatus(connection_.handle()) == PQTRANS_INERROR) {
    direct_exec("ROLLBACK");
    throw pqxx::failure("a statement had failed, so there is nothing to commit");
  }
  commit_sent_ = true;
  direct_exec("COMMIT");
}

}  // namespace trellis::postgres::impl
