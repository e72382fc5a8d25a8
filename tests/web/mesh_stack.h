#ifndef TESTS_WEB_MESH_STACK_H_
#define TESTS_WEB_MESH_STACK_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/support/order_stack.h"
#include "tests/support/post_stack.h"
#include "tests/support/stack.h"
#include "tests/support/weather_stack.h"

namespace trellis::testing {

// All services of a test's own, with all that they stand on, behind one gateway. KeyTest is there
// when this build has it. As Stack in all else; takes some ten seconds.
class MeshStack {
 public:
  MeshStack();

  [[nodiscard]] int http_port() const { return http_port_; }
  [[nodiscard]] int grpc_port() const { return enqueue_.grpc_port(); }  // of Enqueue
  [[nodiscard]] ServerProcess& enqueue() { return enqueue_.service(); }
  [[nodiscard]] redis::testing::PrivateRedis& redis() { return enqueue_.redis(); }  // of Enqueue
  // Puts `count` jobs on a queue that no worker looks at, as dead ones.
  void MakeDeadJobs(const std::string& queue, int count);
  [[nodiscard]] std::string LogTails() const;

 private:
  void AddKeyTest();

  base::testing::TempDir directory_;
  Stack enqueue_;
  OrderStack order_;
  WeatherStack weather_;
  PostStack post_;
  std::vector<std::unique_ptr<ServerProcess>> keytest_;
  const int keytest_port_;
  const int http_port_;
  std::unique_ptr<ServerProcess> gateway_;
};

}  // namespace trellis::testing

#endif  // TESTS_WEB_MESH_STACK_H_
