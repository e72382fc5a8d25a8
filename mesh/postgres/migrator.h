#ifndef MESH_POSTGRES_MIGRATOR_H_
#define MESH_POSTGRES_MIGRATOR_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/status.h"

namespace trellis::postgres {

// One step of a schema: the files <version>_<name>.up.sql and .down.sql.
struct Migration {
  int64_t version = 0;
  std::string name;
  std::string up;
  std::string down;
};

// From the names and texts of such files (golang-migrate's convention), in order of version.
// INVALID_ARGUMENT names a file whose name is none, that has no partner or a version twice.
struct SqlFile {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] absl::StatusOr<std::vector<Migration>> ParseMigrations(
    const std::vector<SqlFile>& files);

// Brings a schema to a version, compatible with golang-migrate: its table (`table`, with columns
// version and dirty) and its meaning of dirty: a step has begun and not ended, a person must look.
// Each step and its note in the table are one transaction here, so a step that fails leaves nothing
// behind and is not dirty; unless it has a COMMIT of its own, which is refused too late: then it is
// dirty. What is at fault is named: the file, the statement and, where known, the line. Whoever
// migrates holds an advisory lock, which is polled, so that a waiting process holds back nobody
// (CREATE INDEX CONCURRENTLY waits for transactions). The lock is golang-migrate's too. A
// statement's own end by the deadline is the server's; a server that does not answer is left a
// little later. Blocks; not thread-safe; a connection of its own for each call.
class Migrator {
 public:
  struct State {
    std::optional<int64_t> version;  // none: nothing applied
    bool dirty = false;
  };

  // `table`: one for each service, such as "schema_migrations"; in the connection's first schema.
  Migrator(std::string url, std::vector<Migration> migrations,
           std::string table = "schema_migrations");
  // Called for each step that was made, for progress.
  void set_on_step(std::function<void(const Migration& migration, bool up)> on_step);

  // To the newest. FAILED_PRECONDITION when dirty or when the table has a version that is not among
  // ours (a newer program was here).
  [[nodiscard]] absl::Status Up(base::Deadline deadline);
  // Back by so many steps, or as many as there are.
  [[nodiscard]] absl::Status Down(int steps, base::Deadline deadline);
  // Up or down to this version. NOT_FOUND when there is none such.
  [[nodiscard]] absl::Status Goto(int64_t version, base::Deadline deadline);
  // Only writes the version down, as not dirty; none: as if nothing were applied.
  [[nodiscard]] absl::Status Force(std::optional<int64_t> version, base::Deadline deadline);
  [[nodiscard]] absl::StatusOr<State> Version(base::Deadline deadline);

 private:
  // Brings it to the index that `target` chooses from the present one; -1: nothing applied.
  absl::Status Move(const std::function<int(int)>& target, base::Deadline deadline);

  const std::string url_;
  const std::vector<Migration> migrations_;
  const std::string table_;
  std::function<void(const Migration&, bool)> on_step_;
};

}  // namespace trellis::postgres

#endif  // MESH_POSTGRES_MIGRATOR_H_
