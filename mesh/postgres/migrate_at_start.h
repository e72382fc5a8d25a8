#ifndef MESH_POSTGRES_MIGRATE_AT_START_H_
#define MESH_POSTGRES_MIGRATE_AT_START_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "mesh/postgres/migrator.h"

namespace trellis::postgres {

// Brings the schema to its newest version on a thread of its own, trying again until it succeeds,
// so that a process may start before its Postgres. `on_change` is called on that thread after each
// attempt: whether the schema is there, and what is being waited for.
class MigrateAtStart {
 public:
  MigrateAtStart(Migrator migrator, std::function<void(bool done, const std::string&)> on_change);
  ~MigrateAtStart();  // gives up; waits for an attempt under way
  MigrateAtStart(const MigrateAtStart&) = delete;
  MigrateAtStart& operator=(const MigrateAtStart&) = delete;

 private:
  void Run();

  Migrator migrator_;
  const std::function<void(bool, const std::string&)> on_change_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace trellis::postgres

#endif  // MESH_POSTGRES_MIGRATE_AT_START_H_
