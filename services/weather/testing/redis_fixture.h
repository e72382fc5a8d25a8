#ifndef SERVICES_WEATHER_TESTING_REDIS_FIXTURE_H_
#define SERVICES_WEATHER_TESTING_REDIS_FIXTURE_H_

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/testing/run.h"
#include "mesh/redis/testing/private_redis.h"
#include "services/weather/redis_request_channel.h"
#include "services/weather/redis_work_stream.h"

namespace trellis::weather::testing {

// The adapters on a real redis-server of the test's own, run by hand on one io_context.
class RedisFixture : public ::testing::Test {
 protected:
  // One worker's connections and stream.
  struct WorkerEnd {
    std::unique_ptr<redis::Connection> commands, blocking;
    std::unique_ptr<RedisWorkStream> stream;
  };
  // One service instance's connections and channel, started and open.
  struct ServiceEnd {
    std::unique_ptr<redis::Connection> commands, blocking;
    std::unique_ptr<telemetry::Metrics> metrics;
    std::unique_ptr<ChannelMetrics> channel_metrics;
    std::unique_ptr<RedisRequestChannel> channel;
    [[nodiscard]] double Replies(CorrelationTable::Kind kind) const {
      return channel_metrics->Of(kind).Value();
    }
  };
  static constexpr char kRequests[] = "weather-requests";
  using Outcome = std::optional<absl::StatusOr<Reply>>;

  ~RedisFixture() override;

  [[nodiscard]] static base::Deadline Soon() { return base::Deadline::After(milliseconds(5000)); }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }
  // Runs the reactor until the condition holds. False when that took too long.
  template <typename Condition>
  [[nodiscard]] bool RunUntil(Condition condition, milliseconds patience = milliseconds(5000)) {
    const base::Deadline deadline = base::Deadline::After(patience);
    // A last look after the deadline; none after one that was good, since looks may take things.
    while (true) {
      const bool last = deadline.Expired();
      if (condition()) return true;
      if (last) return false;
      context_.restart();
      context_.run_one_for(milliseconds(5));
    }
  }

  [[nodiscard]] std::unique_ptr<redis::Connection> Connect(
      redis::ConnectionMode mode = redis::ConnectionMode::kPipelined);
  // One that has done nothing yet.
  [[nodiscard]] WorkerEnd NewWorker(const std::string& name,
                                    milliseconds claim_idle = milliseconds(500));
  // One that has read, and made the group.
  [[nodiscard]] WorkerEnd MakeWorker(const std::string& name,
                                     milliseconds claim_idle = milliseconds(500));
  ServiceEnd& MakeService(const std::string& instance,
                          ChannelOptions options = {.keep = milliseconds(50)});

  // Starts a call; its outcome is there when it has ended.
  std::shared_ptr<Outcome> Start(ServiceEnd& service, const std::string& id,
                                 milliseconds time = milliseconds(5000));
  // What a worker gets now.
  std::vector<Work> Read(WorkerEnd& worker, int want = 100);
  // The one request that the worker gets.
  Work ReadOne(WorkerEnd& worker);
  std::vector<Work> Claim(WorkerEnd& worker, int want = 100);
  AnswerResult Send(WorkerEnd& worker, const Work& work,
                    absl::StatusOr<std::string> body = "answer");
  int64_t Integer(const std::vector<std::string>& command) { return redis_.Run(command).Integer(); }

  redis::testing::PrivateRedis redis_;
  boost::asio::io_context context_{1};
  base::SystemClock clock_;
  std::vector<std::unique_ptr<ServiceEnd>> services_;
};

}  // namespace trellis::weather::testing

#endif  // SERVICES_WEATHER_TESTING_REDIS_FIXTURE_H_
