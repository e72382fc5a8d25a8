#ifndef TESTS_SUPPORT_STACK_H_
#define TESTS_SUPPORT_STACK_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/redis/testing/private_redis.h"
#include "tests/support/http_client.h"
#include "tests/support/output_file.h"
#include "tests/support/server_process.h"

namespace trellis::testing {

struct StackOptions {
  int workers = 1;
  // Settings beyond the addresses, as environment variables.
  Variables service = {};
  Variables gateway = {};
  Variables worker = {};
  std::vector<std::string> redis_arguments = {};
  // Commands for Redis before anything else starts.
  std::vector<std::vector<std::string>> redis_setup = {};
};

// A whole Trellis of a test's own: Redis, the Enqueue service, workers and the gateway, as the
// binaries of this build, on ports that nobody else has, with all files in a directory of its own.
// The constructor returns when all are ready; the destructor kills what is left. Service and
// gateway keep their ports over restarts. Blocks; not thread-safe; see ServerProcess about threads.
class Stack {
 public:
  explicit Stack(StackOptions options = {});
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  [[nodiscard]] redis::testing::PrivateRedis& redis() { return redis_; }
  [[nodiscard]] ServerProcess& service() { return *service_; }
  [[nodiscard]] ServerProcess& gateway() { return *gateway_; }
  [[nodiscard]] ServerProcess& worker(size_t i) { return *workers_.at(i); }
  [[nodiscard]] size_t workers() const { return workers_.size(); }
  // Starts one more, with its own settings on top of those of all; returns when it is ready.
  ServerProcess& AddWorker(const Variables& settings = {});
  // The worker of that name, "host-pid-hex"; null when it is not one of the running ones.
  [[nodiscard]] ServerProcess* FindWorker(const std::string& worker_id);

  [[nodiscard]] int http_port() const { return http_port_; }
  [[nodiscard]] int grpc_port() const { return grpc_port_; }
  // A connection of its own to the gateway.
  [[nodiscard]] HttpClient Http() const { return HttpClient(http_port_); }
  // Sends one message through the gateway; its id. Throws when it is not acknowledged.
  std::string Enqueue(const std::string& message);

  // What the workers write, unless they were given another OUTPUT_PATH.
  [[nodiscard]] std::string output_path() const { return directory_.File("processed.log"); }
  [[nodiscard]] OutputFile Output() const { return ReadOutput(output_path()); }
  [[nodiscard]] std::string File(const std::string& name) const { return directory_.File(name); }

  // Waits until no job of the queue is unfinished but `dead` ones. False when it took too long.
  [[nodiscard]] bool AwaitDrained(milliseconds patience = milliseconds(30000), int64_t dead = 0,
                                  const std::string& queue = "messages");
  // Waits until the output file holds a line with that message.
  [[nodiscard]] bool AwaitLine(const std::string& message,
                               milliseconds patience = milliseconds(10000));

  // The last lines of every log.
  [[nodiscard]] std::string LogTails() const;

 private:
  [[nodiscard]] Variables With(Variables variables, const Variables& more) const;

  base::testing::TempDir directory_;
  const StackOptions options_;
  redis::testing::PrivateRedis redis_;
  const int grpc_port_;
  const int http_port_;
  std::unique_ptr<ServerProcess> service_;
  std::unique_ptr<ServerProcess> gateway_;
  std::vector<std::unique_ptr<ServerProcess>> workers_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_STACK_H_
