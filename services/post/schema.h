#ifndef SERVICES_POST_SCHEMA_H_
#define SERVICES_POST_SCHEMA_H_

#include <string>

#include "mesh/postgres/migrator.h"

namespace trellis::post {

// Brings the database at `url` to the schema of migrations/. The version is in a table of the
// service's own, post_schema_migrations, so that services may share a database. INVALID_ARGUMENT
// when the files are not well-formed.
[[nodiscard]] absl::StatusOr<postgres::Migrator> MakeMigrator(std::string url);

}  // namespace trellis::post

#endif  // SERVICES_POST_SCHEMA_H_
