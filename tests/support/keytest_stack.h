#ifndef TESTS_SUPPORT_KEYTEST_STACK_H_
#define TESTS_SUPPORT_KEYTEST_STACK_H_

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mesh/amqp/testing/private_rabbitmq.h"
#include "mesh/redis/testing/private_redis.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"
#include "trellis/keytest/v1/keytest.pb.h"

namespace trellis::testing {

// The broker that carries the events, as a process that can be killed.
class KeytestBroker {
 public:
  virtual ~KeytestBroker() = default;
  // Settings of the consumers: EVENT_STREAM and where it is.
  [[nodiscard]] virtual Variables Settings() const = 0;
  virtual void Kill() = 0;
  virtual void Start() = 0;
  // Messages of events that are not done with; of RabbitMQ only those that nobody has in hand.
  [[nodiscard]] virtual int Waiting() = 0;
  // Messages on the dead-letter queue.
  [[nodiscard]] virtual int Dead() = 0;
  // An event's message as a consumer would publish it.
  virtual void PublishRaw(const std::string& bytes) = 0;
};
// By EVENT_STREAM. Throws for what is not known.
[[nodiscard]] std::unique_ptr<KeytestBroker> MakeKeytestBroker(const std::string& event_stream);

struct KeytestStackOptions {
  std::string event_stream = "rabbitmq";
  int consumers = 2;
  Variables service = {};
  Variables consumer = {};
  std::vector<std::string> redis = {};  // arguments of the server
};

// KeyTest of a test's own: Redis, broker, service, consumers and gateway, as real processes. As
// Stack in all else.
class KeytestStack {
 public:
  explicit KeytestStack(KeytestStackOptions options = {});
  KeytestStack(const KeytestStack&) = delete;
  KeytestStack& operator=(const KeytestStack&) = delete;

  [[nodiscard]] redis::testing::PrivateRedis& redis() { return redis_; }
  [[nodiscard]] KeytestBroker& broker() { return *broker_; }
  [[nodiscard]] ServerProcess& service() { return *service_; }
  [[nodiscard]] ServerProcess& gateway() { return *gateway_; }
  [[nodiscard]] ServerProcess& consumer(size_t i) { return *consumers_.at(i); }
  [[nodiscard]] size_t consumers() const { return consumers_.size(); }
  [[nodiscard]] HttpClient Http() const { return HttpClient(http_port_); }

  // The answer's HTTP status.
  int StartTest(const std::string& json);
  [[nodiscard]] keytest::v1::Status Status() const;
  // Waits until nothing is pending and the run is over.
  [[nodiscard]] bool AwaitDone(milliseconds patience = milliseconds(60'000));
  // Ends the test; what is pending still fires. The answer's HTTP status.
  int StopTest();
  // How often the effect of each key was counted, from the list EFFECTS_KEY=effects.
  [[nodiscard]] std::map<int64_t, int> Effects() const;
  // How often the handler was called for each key, from the hash HANDLED_KEY=handled: an effect
  // that no record guards.
  [[nodiscard]] std::map<int64_t, int> Handled() const;
  // Of these, the keys with more than one.
  [[nodiscard]] int HandledTwice() const;
  // Forgets both, for the next test.
  void ForgetEffects();
  // A metric of all consumers together.
  [[nodiscard]] double ConsumersMetric(const std::string& sample);
  [[nodiscard]] std::string LogTails() const;

 private:
  [[nodiscard]] std::unique_ptr<ServerProcess> Make(const std::string& name,
                                                    const std::string& binary,
                                                    const Variables& more) const;

  base::testing::TempDir directory_;
  redis::testing::PrivateRedis redis_;
  std::unique_ptr<KeytestBroker> broker_;
  const int grpc_port_;
  const int http_port_;
  std::unique_ptr<ServerProcess> service_, gateway_;
  std::vector<std::unique_ptr<ServerProcess>> consumers_;
};

// Reads the counters of the run directly from Redis, as fast as it can and on a thread of its own,
// and looks that they always add up: generated = consumed + pending + dead.
class SumWatcher {
 public:
  explicit SumWatcher(const redis::testing::PrivateRedis& redis);
  ~SumWatcher();
  // Ends. How many looks there were, and the first that did not add up.
  int Stop();
  [[nodiscard]] const std::string& fault() const { return fault_; }
  // There is a fault; before the end, too.
  [[nodiscard]] bool noticed() const { return noticed_; }

 private:
  void Watch();
  const redis::testing::PrivateRedis& redis_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> noticed_{false};
  int looks_ = 0;
  std::string fault_;
  std::thread thread_;
};

// Tests with a stack that they may break, made by Make. Prints the ends of all logs on failure. The
// parameter is EVENT_STREAM.
class KeytestTest : public ::testing::TestWithParam<std::string> {
 protected:
  KeytestStack& Make(KeytestStackOptions options = {});
  [[nodiscard]] KeytestStack& stack() { return *stack_; }
  void TearDown() override;
  // Each key of 1..keys took effect once, and the counters say so.
  void ExpectEachOnce(int keys);
  // The same for those that are not dead; so many are.
  void ExpectEachOnceOrDead(int keys, int dead);
  // Lets the consumer run until it dies at the failpoint, for which `act` may be needed, and starts
  // it again.
  void CrashConsumer(size_t i, const std::string& failpoint, const std::function<void()>& act = {});

 private:
  std::unique_ptr<KeytestStack> stack_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_KEYTEST_STACK_H_
