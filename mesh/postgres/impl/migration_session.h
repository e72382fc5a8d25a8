#ifndef MESH_POSTGRES_IMPL_MIGRATION_SESSION_H_
#define MESH_POSTGRES_IMPL_MIGRATION_SESSION_H_

#include <memory>
#include <optional>
#include <string>

#include "mesh/postgres/impl/connection.h"
#include "mesh/postgres/migrator.h"

namespace trellis::postgres::impl {

// One connection of a Migrator and the SQL of its table.
class MigrationSession {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<MigrationSession>> Open(
      const std::string& url, const std::string& table, base::Deadline deadline);

  // Waits for the lock, then makes the table when there is none.
  [[nodiscard]] absl::Status Lock();
  // Else it is given back when the server notices the end of the connection, which takes a moment.
  void Unlock();
  [[nodiscard]] absl::StatusOr<Migrator::State> Read();
  [[nodiscard]] absl::Status Write(std::optional<int64_t> version, bool dirty);
  // Makes one step in one transaction, after which the table says `then`.
  [[nodiscard]] absl::Status Step(const Migration& migration, bool up, std::optional<int64_t> then);

 private:
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

  MigrationSession(const Target& target, base::Deadline deadline);
  absl::Status Prepare(const std::string& table);

  // Runs statements and gives the result of the last one. Of a failed one `statement` is told,
  // counted from 1, and `line`, 0 when it is not known.
  struct Place {
    int statement = 0;
    int line = 0;
  };
  absl::StatusOr<Result> Run(const std::string& sql, Place* place = nullptr);
  absl::Status Do(const std::string& sql) { return Run(sql).status(); }
  // The next result, or none after the last; waits no longer than until the deadline.
  absl::StatusOr<Result> Next();
  [[nodiscard]] std::string WriteSql(std::optional<int64_t> version, bool dirty) const;
  absl::Status Script(const Migration& migration, bool up);

  const base::Deadline deadline_;
  const Event never_;
  Connection connection_;
  std::string table_;  // with its schema: a script may change the search path
  std::string lock_;
};

}  // namespace trellis::postgres::impl

#endif  // MESH_POSTGRES_IMPL_MIGRATION_SESSION_H_
