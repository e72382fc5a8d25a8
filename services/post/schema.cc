#include "services/post/schema.h"

#include "services/post/migrations.h"

namespace trellis::post {

absl::StatusOr<postgres::Migrator> MakeMigrator(std::string url) {
  auto migrations = postgres::ParseMigrations(MigrationFiles());
  if (!migrations.ok()) return migrations.status();
  return postgres::Migrator(std::move(url), *std::move(migrations), "post_schema_migrations");
}

}  // namespace trellis::post
