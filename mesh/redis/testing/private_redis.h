#ifndef MESH_REDIS_TESTING_PRIVATE_REDIS_H_
#define MESH_REDIS_TESTING_PRIVATE_REDIS_H_

#include <string>
#include <vector>

#include "mesh/base/testing/subprocess.h"
#include "mesh/redis/reply.h"

namespace trellis::redis::testing {

// A real redis-server of a test's own, on a free port of loopback, with an append-only file that is
// synced at every write and lives as long as this object. Throws when it cannot be started.
class PrivateRedis {
 public:
  explicit PrivateRedis(std::vector<std::string> extra_arguments = {});

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int port() const { return port_; }
  // The server's process, for signals.
  [[nodiscard]] base::testing::Subprocess& process() { return process_; }

  // kill -9; what was acknowledged is in the file.
  void Kill() { process_.Kill(); }
  // Starts it again on the same port with the same data, and waits until it answers.
  void Start();

  // Runs one command on a connection of its own, blocking: a test's second pair of eyes.
  Reply Run(const std::vector<std::string>& arguments) const;

 private:
  base::testing::TempDir directory_;
  int port_;
  base::testing::Subprocess process_;
};

}  // namespace trellis::redis::testing

#endif  // MESH_REDIS_TESTING_PRIVATE_REDIS_H_
