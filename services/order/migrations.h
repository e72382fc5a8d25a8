#ifndef SERVICES_ORDER_MIGRATIONS_H_
#define SERVICES_ORDER_MIGRATIONS_H_

#include "mesh/postgres/migrator.h"

namespace trellis::order {

// The files of migrations/; the definition is generated.
[[nodiscard]] std::vector<postgres::SqlFile> MigrationFiles();

}  // namespace trellis::order

#endif  // SERVICES_ORDER_MIGRATIONS_H_
