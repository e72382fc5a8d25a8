#ifndef MESH_POSTGRES_TESTING_PRIVATE_POSTGRES_H_
#define MESH_POSTGRES_TESTING_PRIVATE_POSTGRES_H_

#include <string>
#include <vector>

#include "mesh/base/testing/subprocess.h"

namespace trellis::postgres::testing {

using Rows = std::vector<std::vector<std::string>>;  // NULL is "NULL"

// A real Postgres of a test's own, on a free port of loopback, with fsync, which lives as long as
// this object. It takes a second or two to make, so one serves a whole test binary (Shared), and
// each test makes a database of its own. Throws when it cannot be started. As root it runs as the
// user `postgres`.
class PrivatePostgres {
 public:
  // `settings`: further ones of postgresql.conf, such as "max_connections=200".
  explicit PrivatePostgres(const std::vector<std::string>& settings = {});
  ~PrivatePostgres();
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;

  // The one of this test binary, made at the first call, without fsync: what kill -9 leaves is the
  // same, since the system's cache outlives the process, but with fsync the start after it syncs
  // every file of every test's database, which took half a minute on a busy disk. A test that kills
  // it starts it again.
  static PrivatePostgres& Shared();

  [[nodiscard]] std::string Url(const std::string& database = "postgres") const;
  // A fresh database; its URL.
  std::string CreateDatabase();
  [[nodiscard]] int port() const { return port_; }

  // kill -9 of all its processes; what was committed is in the files.
  void Kill();
  // Starts it again, if it does not run, on the same port with the same data, and waits until it
  // answers.
  void Start();
  // Stops all its processes (SIGSTOP), so that connections stay open and nothing answers.
  void Freeze();
  void Thaw();
  // The postmaster.
  [[nodiscard]] base::testing::Subprocess& process() { return process_; }

  // Runs statements on a connection of its own, blocking, and gives the rows of the last one: a
  // test's second pair of eyes. Throws what pqxx throws.
  static Rows Query(const std::string& url, const std::string& sql);

 private:
  void RemoveSharedMemory() const;
  [[nodiscard]] std::vector<pid_t> Children() const;

  base::testing::TempDir directory_;
  const std::string data_;
  int port_;
  base::testing::Subprocess process_;
  int databases_ = 0;
};

}  // namespace trellis::postgres::testing

#endif  // MESH_POSTGRES_TESTING_PRIVATE_POSTGRES_H_
