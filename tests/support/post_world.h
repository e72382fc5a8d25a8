#ifndef TESTS_SUPPORT_POST_WORLD_H_
#define TESTS_SUPPORT_POST_WORLD_H_

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "mesh/postgres/pool.h"
#include "mesh/postgres/testing/private_postgres.h"
#include "mesh/redis/cluster.h"
#include "mesh/redis/testing/private_redis_cluster.h"
#include "mesh/resilience/concurrency_limiter.h"
#include "services/post/invalidation_sweeper.h"
#include "services/post/limited_post_store.h"
#include "services/post/page_reader.h"
#include "services/post/post_writer.h"
#include "services/post/postgres_invalidation_outbox.h"
#include "services/post/postgres_post_store.h"
#include "services/post/redis_invalidator.h"
#include "services/post/redis_object_cache.h"
#include "services/post/redis_page_cache.h"
#include "tests/support/delayed_post_ports.h"

namespace trellis::testing {

struct PostWorldOptions {
  post::CacheSettings cache = {};
  int users = 4;
  int clients = 64;
  int reading_clients = 0;  // more, that only read
  int write_percent = 20;
  // Every step waits so long at most, before it and after it; half of them not at all.
  int most_delay_ms = 3;
  base::milliseconds deadline{10'000};
  bool sweep = true;
  // Of the limiter of reads from Postgres, at first and at least.
  int reads_at_a_time = 200;
};

// The domain of three Post processes (caches, readers, writer, and a sweeper) over a real Redis
// Cluster and a real Postgres, on one reactor in this process, where every step between them can
// be made slow; with clients that write and read, and a history of all of it. What a test waits for
// runs the reactor.
class PostWorld {
 public:
  PostWorld(redis::testing::PrivateRedisCluster& servers, PostWorldOptions options);
  ~PostWorld();
  PostWorld(const PostWorld&) = delete;
  PostWorld& operator=(const PostWorld&) = delete;

  // Starts the clients; each does one thing after the other until Stop, or `operations` are done.
  void Start(int operations = 0);
  // Until all clients have ended.
  void Join();
  void Stop() { stopping_ = true; }
  void RunFor(base::milliseconds time);
  // False when it was not so in time.
  bool RunUntil(const std::function<bool()>& condition, base::milliseconds patience);
  // Does what blocks while the reactor runs.
  void While(const std::function<void()>& work);
  // Reads all that was acknowledged once more, by every process.
  void ReadAll();

  [[nodiscard]] PostHistory& history() { return history_; }
  [[nodiscard]] int operations() const { return done_; }
  [[nodiscard]] int reads_ok() const { return reads_ok_; }
  [[nodiscard]] int writes_ok() const { return writes_ok_; }
  [[nodiscard]] int reads_failed() const { return reads_failed_; }
  [[nodiscard]] int writes_failed() const { return writes_failed_; }
  [[nodiscard]] std::string first_error() const { return first_error_; }
  // How long the slowest read took since the last call.
  [[nodiscard]] base::milliseconds TakeSlowestRead() {
    return std::exchange(slowest_read_, base::milliseconds(0));
  }
  // List queries that reached Postgres.
  [[nodiscard]] int lists() const;
  [[nodiscard]] bool redis_ready() const;
  [[nodiscard]] double Hits() const;
  [[nodiscard]] double RefusedFills() const;

 private:
  struct Process;

  boost::asio::awaitable<void> Client(uint64_t seed, int write_percent);
  boost::asio::awaitable<void> Write(Process& process, uint64_t draw);
  boost::asio::awaitable<void> ReadPage(Process& process, post::PageKey key);
  boost::asio::awaitable<void> ReadPost(Process& process, int64_t id);
  boost::asio::awaitable<void> Wait();
  boost::asio::awaitable<void> SweepOften(Process& process);
  boost::asio::awaitable<void> ReadEverything();
  void Failed(int& count, const absl::Status& status);
  void RunOne();

  const PostWorldOptions options_;
  boost::asio::io_context context_{1};
  std::mt19937_64 random_;
  postgres::ConnectionPool pool_;
  post::PostgresPostStore store_{pool_};
  post::PostgresInvalidationOutbox outbox_{pool_};
  base::SystemClock clock_;
  PostHistory history_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<int64_t> users_;
  std::vector<std::vector<int64_t>> posts_;  // of each user, that are acknowledged
  std::vector<int64_t> gone_;                // deleted of late
  bool stopping_ = false;
  int wanted_ = 0, done_ = 0, running_ = 0, sweepers_ = 0;
  int reads_ok_ = 0, writes_ok_ = 0, reads_failed_ = 0, writes_failed_ = 0;
  base::milliseconds slowest_read_{0};
  std::string first_error_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_POST_WORLD_H_
