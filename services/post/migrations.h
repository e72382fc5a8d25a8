#ifndef SERVICES_POST_MIGRATIONS_H_
#define SERVICES_POST_MIGRATIONS_H_

#include "mesh/postgres/migrator.h"

namespace trellis::post {

// The files of migrations/; the definition is generated.
[[nodiscard]] std::vector<postgres::SqlFile> MigrationFiles();

}  // namespace trellis::post

#endif  // SERVICES_POST_MIGRATIONS_H_
