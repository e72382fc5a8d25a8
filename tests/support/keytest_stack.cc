#include "tests/support/keytest_stack.h"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <stdexcept>

#include "mesh/base/testing/run.h"
#include "mesh/nats/testing/private_nats.h"
#include "tests/support/json.h"

namespace trellis::testing {
namespace {

std::string Loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

class RabbitMqBroker final : public KeytestBroker {
 public:
  [[nodiscard]] Variables Settings() const override {
    return {{"EVENT_STREAM", "rabbitmq"}, {"RABBITMQ_URLS", server_.url()}};
  }
  void Kill() override { server_.Kill(); }
  void Start() override { server_.Start(); }
  [[nodiscard]] int Waiting() override { return server_.Ready("key_expiration_processors"); }
  [[nodiscard]] int Dead() override { return server_.Ready("key_expiration_processors.dead"); }
  void PublishRaw(const std::string& bytes) override {
    amqp::ConnectionOptions options;
    options.nodes = {server_.node()};
    amqp::Connection connection(options);
    connection.Start();
    if (!WaitUntil([&] { return connection.state().connected; })) {
      throw std::runtime_error("RabbitMQ: " + connection.state().detail);
    }
    amqp::Message message;
    message.routing_key = "key_expiration_processors";
    message.body = bytes;
    boost::asio::io_context context;
    const absl::Status status = base::testing::RunCoroutine(
        context,
        connection.Publish(std::move(message), base::Deadline::After(milliseconds(10'000))));
    if (!status.ok()) throw std::runtime_error("RabbitMQ: " + base::MessageOf(status));
  }

 private:
  amqp::testing::PrivateRabbitMq server_;
};

class NatsBroker final : public KeytestBroker {
 public:
  [[nodiscard]] Variables Settings() const override {
    return {{"EVENT_STREAM", "nats"}, {"NATS_URL", server_.url()}};
  }
  void Kill() override { server_.Kill(); }
  void Start() override { server_.Start(); }
  [[nodiscard]] int Waiting() override {
    return static_cast<int>(server_.Messages("WORKGROUPPOLICY"));
  }
  [[nodiscard]] int Dead() override {
    return static_cast<int>(server_.Messages("WORKGROUPPOLICY_DEAD"));
  }
  void PublishRaw(const std::string& bytes) override {
    server_.Publish("Stream.Workgroup.Policy.Events", bytes);
  }

 private:
  nats::testing::PrivateNats server_;
};

}  // namespace

std::unique_ptr<KeytestBroker> MakeKeytestBroker(const std::string& event_stream) {
  if (event_stream == "rabbitmq") return std::make_unique<RabbitMqBroker>();
  if (event_stream == "nats") return std::make_unique<NatsBroker>();
  throw std::runtime_error("no such event stream: " + event_stream);
}

KeytestStack::KeytestStack(KeytestStackOptions options)
    : redis_(options.redis),
      broker_(MakeKeytestBroker(options.event_stream)),
      grpc_port_(StablePort()),
      http_port_(StablePort()) {
  options.service["RPC_ADDR"] = Loopback(grpc_port_);
  service_ = Make("keytest", "keytest", options.service);
  gateway_ = Make("gateway", "gateway",
                  GatewaySettings(http_port_, {{"KEYTEST_ADDR", Loopback(grpc_port_)}}));
  Variables consumer = broker_->Settings();
  for (const auto& [name, value] : options.consumer) consumer[name] = value;
  for (int i = 0; i < options.consumers; ++i) {
    consumers_.push_back(
        Make("keytest-consumer-" + std::to_string(i), "keytest-consumer", consumer));
  }
  service_->Start();
  gateway_->Start();
  for (const auto& process : consumers_) process->Start();
  service_->AwaitReady();
  gateway_->AwaitReady();
  for (const auto& process : consumers_) process->AwaitReady();
  const bool connected = WaitUntil([this] {
    const auto reply = Http().Get("/v1/keytest/status");
    return reply.ok() && reply->status == 200;
  });
  if (!connected) throw std::runtime_error("the gateway cannot reach the service\n" + LogTails());
}

std::unique_ptr<ServerProcess> KeytestStack::Make(const std::string& name,
                                                  const std::string& binary,
                                                  const Variables& more) const {
  Variables variables = {{"OPS_ADDR", Loopback(0)}, {"REDIS_ADDR", redis_.address()}};
  for (const auto& [variable, value] : more) variables[variable] = value;
  return std::make_unique<ServerProcess>(name, binary, std::move(variables),
                                         directory_.File(name + ".log"));
}

int KeytestStack::StartTest(const std::string& json) {
  const auto reply = Http().PostJson("/v1/keytest:start", json);
  return reply.ok() ? reply->status : 0;
}

keytest::v1::Status KeytestStack::Status() const {
  const auto reply = Http().Get("/v1/keytest/status");
  if (!reply.ok() || reply->status != 200) return {};
  return FromJson<keytest::v1::Status>(reply->body);
}

bool KeytestStack::AwaitDone(milliseconds patience) {
  return WaitUntil(
      [this] {
        const auto status = Status();
        return status.pending() == 0 && (status.state() == keytest::v1::Status::DONE ||
                                         status.state() == keytest::v1::Status::STOPPED);
      },
      patience);
}

std::map<int64_t, int> KeytestStack::Effects() const {
  std::map<int64_t, int> effects;
  const redis::Reply numbers = redis_.Run({"LRANGE", "effects", "0", "-1"});
  for (size_t i = 0; i < numbers.size(); ++i) ++effects[numbers[i].Integer()];
  return effects;
}

int KeytestStack::StopTest() {
  const auto reply = Http().PostJson("/v1/keytest:stop", "{}");
  return reply.ok() ? reply->status : 0;
}

std::map<int64_t, int> KeytestStack::Handled() const {
  std::map<int64_t, int> handled;
  const redis::Reply fields = redis_.Run({"HGETALL", "handled"});
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    handled[fields[i].Integer()] = static_cast<int>(fields[i + 1].Integer());
  }
  return handled;
}

int KeytestStack::HandledTwice() const {
  const std::map<int64_t, int> handled = Handled();
  return static_cast<int>(std::count_if(handled.begin(), handled.end(),
                                        [](const auto& key) { return key.second > 1; }));
}

void KeytestStack::ForgetEffects() { (void)redis_.Run({"DEL", "effects", "handled"}); }

double KeytestStack::ConsumersMetric(const std::string& sample) {
  double sum = 0;
  for (const auto& process : consumers_) sum += process->Metric(sample);
  return sum;
}

std::string KeytestStack::LogTails() const {
  std::string tails = service_->LogTail() + gateway_->LogTail();
  for (const auto& process : consumers_) tails += process->LogTail();
  return tails;
}

SumWatcher::SumWatcher(const redis::testing::PrivateRedis& redis)
    : redis_(redis), thread_([this] { Watch(); }) {}

SumWatcher::~SumWatcher() { Stop(); }

int SumWatcher::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return looks_;
}

void SumWatcher::Watch() {
  // By itself, not by the service's script: all of one moment, since a script is.
  const std::string script =
      "return {tonumber(redis.call('GET', 'metrics:generated') or 0),"
      " tonumber(redis.call('GET', 'metrics:consumed') or 0),"
      " redis.call('ZCARD', 'keytest:deadlines') + redis.call('ZCARD', 'keytest:claimed'),"
      " tonumber(redis.call('GET', 'metrics:dead') or 0)}";
  while (!stop_) {
    try {
      const redis::Reply sums = redis_.Run({"EVAL", script, "0"});
      if (sums.size() != 4) continue;  // such as LOADING
      ++looks_;
      const int64_t generated = sums[0].Integer();
      if (fault_.empty() &&
          generated != sums[1].Integer() + sums[2].Integer() + sums[3].Integer()) {
        fault_ = "generated " + std::to_string(generated) + ", consumed " +
                 std::to_string(sums[1].Integer()) + ", pending " +
                 std::to_string(sums[2].Integer()) + ", dead " + std::to_string(sums[3].Integer());
        noticed_ = true;
      }
    } catch (const std::runtime_error&) {
      // Redis is away for a while.
    }
    base::testing::Pause();
  }
}

KeytestStack& KeytestTest::Make(KeytestStackOptions options) {
  options.event_stream = GetParam();
  stack_ = std::make_unique<KeytestStack>(std::move(options));
  return *stack_;
}

void KeytestTest::TearDown() {
  if (HasFailure() && stack_) std::cerr << stack_->LogTails();
}

void KeytestTest::ExpectEachOnce(int keys) { ExpectEachOnceOrDead(keys, 0); }

void KeytestTest::ExpectEachOnceOrDead(int keys, int dead) {
  // A gateway that has just lost the service refuses for a moment.
  keytest::v1::Status status;
  EXPECT_TRUE(WaitUntil([&] { return !(status = stack().Status()).run_id().empty(); }));
  EXPECT_EQ(status.generated(), keys);
  EXPECT_EQ(status.consumed(), keys - dead);
  EXPECT_EQ(status.pending(), 0);
  EXPECT_EQ(status.dead(), dead);
  const std::map<int64_t, int> effects = stack().Effects();
  EXPECT_EQ(effects.size(), static_cast<size_t>(keys - dead));
  for (const auto& [n, count] : effects) EXPECT_EQ(count, 1) << "key " << n;
}

void KeytestTest::CrashConsumer(size_t i, const std::string& failpoint,
                                const std::function<void()>& act) {
  ServerProcess& consumer = stack().consumer(i);
  consumer.Terminate();
  consumer.Set("TRELLIS_FAILPOINT", failpoint);
  consumer.Start();
  if (act) {
    consumer.AwaitReady();
    act();
  }
  EXPECT_EQ(consumer.AwaitExit(milliseconds(20'000)), -SIGKILL) << failpoint;
  consumer.Set("TRELLIS_FAILPOINT", "");
  consumer.Start();
}

}  // namespace trellis::testing
