#ifndef MESH_POSTGRES_PREPARED_H_
#define MESH_POSTGRES_PREPARED_H_

#include <pqxx/connection_base>
#include <pqxx/result>
#include <pqxx/transaction_base>
#include <utility>

namespace trellis::postgres {

// Runs a statement that each connection prepares when it first meets it: parsing and planning,
// which cost a short statement more than running it, are then spared. The name stands for this text
// everywhere. Within a Work; throws what pqxx throws.
//
// Postgres keeps a plan for as long as the statistics of its tables, so one made for empty tables
// may scan them when they have grown: see PoolOptions::keep_plans.
template <typename... Parameters>
pqxx::result ExecPrepared(pqxx::transaction_base& transaction, const char* name, const char* sql,
                          Parameters&&... parameters) {
  transaction.conn().prepare(name, sql);
  return transaction.exec_prepared(name, std::forward<Parameters>(parameters)...);
}

}  // namespace trellis::postgres

#endif  // MESH_POSTGRES_PREPARED_H_
