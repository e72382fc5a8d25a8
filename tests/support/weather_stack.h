#ifndef TESTS_SUPPORT_WEATHER_STACK_H_
#define TESTS_SUPPORT_WEATHER_STACK_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mesh/redis/testing/private_redis.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"

namespace trellis::testing {

struct WeatherStackOptions {
  int workers = 1;
  // Settings beyond the addresses, as environment variables.
  Variables service = {};
  Variables worker = {};
};

// The Weather service of a test's own: Redis, service, workers and gateway, as real processes. As
// Stack in all else.
class WeatherStack {
 public:
  explicit WeatherStack(WeatherStackOptions options = {});
  WeatherStack(const WeatherStack&) = delete;
  WeatherStack& operator=(const WeatherStack&) = delete;

  [[nodiscard]] redis::testing::PrivateRedis& redis() { return redis_; }
  [[nodiscard]] ServerProcess& service() { return *service_; }
  [[nodiscard]] ServerProcess& gateway() { return *gateway_; }
  [[nodiscard]] ServerProcess& worker(size_t i) { return *workers_.at(i); }
  [[nodiscard]] size_t workers() const { return workers_.size(); }
  // Starts one more; returns when it is ready.
  ServerProcess& AddWorker();
  // Starts another instance of the service, which the gateway does not know, on `grpc_port`.
  [[nodiscard]] std::unique_ptr<ServerProcess> AddService(int grpc_port) const;

  [[nodiscard]] HttpClient Http() const { return HttpClient(http_port_); }
  [[nodiscard]] int http_port() const { return http_port_; }
  [[nodiscard]] int grpc_port() const { return grpc_port_; }

  // The worker that has the only pending request; empty when there is none.
  [[nodiscard]] std::string Holder();
  // One of our running workers by its name in the streams; null when it is none.
  [[nodiscard]] ServerProcess* FindWorker(const std::string& name);
  // A metric of all workers together.
  [[nodiscard]] double WorkersMetric(const std::string& sample);
  [[nodiscard]] std::string LogTails() const;

 private:
  [[nodiscard]] std::unique_ptr<ServerProcess> Make(const std::string& name,
                                                    const std::string& binary,
                                                    const Variables& more) const;

  base::testing::TempDir directory_;
  redis::testing::PrivateRedis redis_;
  const WeatherStackOptions options_;
  const int grpc_port_;
  const int http_port_;
  std::unique_ptr<ServerProcess> service_, gateway_;
  std::vector<std::unique_ptr<ServerProcess>> workers_;
};

// Tests with a stack that they may break, made by Make. Prints the ends of all logs on failure.
class WeatherTest : public ::testing::Test {
 protected:
  WeatherStack& Make(WeatherStackOptions options = {});
  [[nodiscard]] WeatherStack& stack() { return *stack_; }
  void TearDown() override;

 private:
  std::unique_ptr<WeatherStack> stack_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_WEATHER_STACK_H_
