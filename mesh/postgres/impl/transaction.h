#ifndef MESH_POSTGRES_IMPL_TRANSACTION_H_
#define MESH_POSTGRES_IMPL_TRANSACTION_H_

#include <pqxx/dbtransaction>

#include "mesh/base/deadline.h"
#include "mesh/postgres/impl/connection.h"

namespace trellis::postgres::impl {

// READ COMMITTED, and every statement of it but the COMMIT, for which Postgres has no such thing,
// is given up by the server when the deadline passes. Unlike pqxx's own it never begins again on a
// new connection, and its commit fails when a statement had failed and nobody cared: Postgres
// itself rolls back and calls it done.
class Transaction final : public pqxx::dbtransaction {
 public:
  Transaction(Connection& connection, base::Deadline deadline);
  ~Transaction() override;

  // From then on an end of the connection leaves it open whether the transaction was made.
  [[nodiscard]] bool commit_sent() const { return commit_sent_; }

 private:
  void do_begin() override;
  void do_commit() override;

  Connection& connection_;
  const base::Deadline deadline_;
  bool commit_sent_ = false;
};

// What makes the server mind the deadline, in ms; 0 when there is none.
[[nodiscard]] int64_t StatementTimeoutMillis(base::Deadline deadline);
// The statement that says so for the transaction under way, whatever the session's setting is.
[[nodiscard]] std::string SetLocalTimeout(base::Deadline deadline);

}  // namespace trellis::postgres::impl

#endif  // MESH_POSTGRES_IMPL_TRANSACTION_H_
