#ifndef SERVICES_ENQUEUE_TESTING_REDIS_FIXTURE_H_
#define SERVICES_ENQUEUE_TESTING_REDIS_FIXTURE_H_

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/base/testing/run.h"
#include "mesh/redis/testing/private_redis.h"
#include "services/enqueue/redis_job_queue.h"
#include "services/enqueue/redis_work_source.h"

namespace trellis::enqueue::testing {

// The adapters on a real redis-server of the test's own, run by hand on one io_context.
class RedisFixture : public ::testing::Test {
 protected:
  // One worker's connections and source.
  struct WorkerEnd {
    std::unique_ptr<redis::Connection> commands, blocking;
    std::unique_ptr<RedisWorkSource> source;
  };

  RedisFixture();

  [[nodiscard]] static base::Deadline Soon() { return base::Deadline::After(milliseconds(5000)); }
  template <typename T>
  T Await(boost::asio::awaitable<T> coroutine) {
    return base::testing::RunCoroutine(context_, std::move(coroutine));
  }

  [[nodiscard]] std::unique_ptr<redis::Connection> Connect(
      const std::string& name, redis::ConnectionMode mode = redis::ConnectionMode::kPipelined);
  // Connected, and with its lease: one that does not end while the test goes slowly.
  [[nodiscard]] WorkerEnd MakeWorker(const std::string& name,
                                     WorkSourceOptions options = {.lease = milliseconds(60'000)});

  // Enqueues messages into "messages"; their ids.
  std::vector<std::string> Enqueue(const std::vector<std::string>& messages);
  std::vector<ClaimedJob> Claim(WorkerEnd& worker, int want = 100, int holds = 0);
  TickResult Tick(WorkerEnd& worker);
  QueueStats Stats();
  Job Get(const std::string& id);

  redis::testing::PrivateRedis redis_;
  boost::asio::io_context context_{1};
  base::SystemClock clock_;
  std::unique_ptr<redis::Connection> connection_;
  std::unique_ptr<RedisJobQueue> queue_;
};

[[nodiscard]] std::vector<std::string> MessagesOf(const std::vector<ClaimedJob>& jobs);
[[nodiscard]] std::vector<ClaimRef> RefsOf(const std::vector<ClaimedJob>& jobs);

}  // namespace trellis::enqueue::testing

#endif  // SERVICES_ENQUEUE_TESTING_REDIS_FIXTURE_H_
