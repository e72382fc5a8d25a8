#ifndef SERVICES_ENQUEUE_JOB_H_
#define SERVICES_ENQUEUE_JOB_H_

#include <optional>
#include <string>
#include <vector>

#include "mesh/base/clock.h"

// The domain of the job queue in plain structs.
namespace trellis::enqueue {

using base::milliseconds;

inline constexpr int kDefaultMaxAttempts = 5;

// What somebody wants to have done.
struct NewJob {
  std::string message = {};
  milliseconds delay{0};
  std::string unique_key = {};  // empty: none
  milliseconds unique_for{0};
  int max_attempts = kDefaultMaxAttempts;
  std::string traceparent = {};
  std::string request_id = {};
};

struct EnqueueResult {
  std::string id;
  bool duplicate = false;  // the id is that of an earlier job
};

enum class JobState { kReady, kScheduled, kInFlight, kRetrying, kDead };

// One unfinished job as others see it.
struct Job {
  std::string id;  // empty for a ready text that somebody pushed and no worker has seen
  JobState state = JobState::kReady;
  std::string message;
  std::optional<base::WallTime> enqueued_at;
  int max_attempts = kDefaultMaxAttempts;
  int attempts = 0;  // failed runs
  int crashes = 0;   // runs whose worker died or stopped
  std::string last_error;
  std::optional<base::WallTime> state_time;  // scheduled, retrying: when ready; dead: since when
  std::string worker;                        // in flight: who holds it
};

struct JobPage {
  std::vector<Job> jobs;
  std::string next_page_token;  // empty on the last page
};

struct QueueStats {
  std::string name;
  int64_t ready = 0, scheduled = 0, in_flight = 0, retrying = 0, dead = 0;
  int64_t processed = 0, failed = 0;
  std::optional<milliseconds> oldest_age;
  bool paused = false;
  int workers = 0;
};

// Which job, and under which claim. The token fences: whoever took the job later has a higher one,
// and then every word about the job under this one is refused.
struct ClaimRef {
  std::string id;
  int64_t token = 0;
};

// A job in the hands of a worker.
struct ClaimedJob {
  ClaimRef ref;
  std::string message;
  base::WallTime enqueued_at;
  int max_attempts = kDefaultMaxAttempts;
  int attempts = 0;
  int crashes = 0;
  // Somebody may have run it already, wholly or in part.
  bool redelivered = false;
  std::string traceparent;
  std::string request_id;
};

struct ClaimedBatch {
  std::vector<ClaimedJob> jobs;
  // The next job in line may have killed its worker and is given only to one that holds nothing.
  bool wants_empty_hands = false;
};

// 1-64 of [A-Za-z0-9._-].
[[nodiscard]] bool IsQueueName(std::string_view name);

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_JOB_H_
