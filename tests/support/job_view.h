#ifndef TESTS_SUPPORT_JOB_VIEW_H_
#define TESTS_SUPPORT_JOB_VIEW_H_

#include <string>
#include <vector>

#include "mesh/redis/testing/private_redis.h"

namespace trellis::testing {

// A queue as it lies in Redis (services/enqueue/lua/common.lua), past the service: for tests in
// which the service may be away, and for states that cannot be reached quickly in another way.
// Throws std::runtime_error while Redis is away. Blocks.
class JobView {
 public:
  explicit JobView(const redis::testing::PrivateRedis& redis, std::string queue = "messages")
      : redis_(redis), queue_(std::move(queue)) {}

  // Jobs in line and, with those, all that are stored: scheduled, held, dead, ...
  [[nodiscard]] int64_t Ready() const;
  [[nodiscard]] int64_t Unfinished() const;
  [[nodiscard]] int64_t DeadCount() const;
  // The worker that holds the job; empty when none does.
  [[nodiscard]] std::string HolderOf(const std::string& id) const;
  [[nodiscard]] bool IsDead(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> Workers() const;
  // The stored job's bytes, see services/enqueue/stored_job.h.
  [[nodiscard]] std::string Stored(const std::string& id) const;

  // Takes a ready job out of line and makes it dead, or retrying until `due_ms` of Unix time.
  void MakeDead(const std::string& id) const;
  void MakeRetrying(const std::string& id, int64_t due_ms) const;

 private:
  [[nodiscard]] std::string Key(const std::string& name) const {
    return "{" + queue_ + "}:" + name;
  }

  const redis::testing::PrivateRedis& redis_;
  const std::string queue_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_JOB_VIEW_H_
