#ifndef SERVICES_ENQUEUE_STORED_JOB_H_
#define SERVICES_ENQUEUE_STORED_JOB_H_

#include <string>
#include <string_view>

#include "mesh/base/status.h"
#include "services/enqueue/job.h"

// How a job lies in Redis. Two forms, each with 13 digits of enqueue time in ms that the scripts
// can read without parsing the rest:
//   "J" time protobuf   a job of ours; trellis.enqueue.v1.StoredJob
//   "R" time text       a text that somebody pushed onto the list: the text is the message
namespace trellis::enqueue {

struct StoredJob {
  std::string message;
  base::WallTime enqueued_at;
  int max_attempts = kDefaultMaxAttempts;
  std::string traceparent;
  std::string request_id;
};

// "<failed runs> <crashes> <last error>"; empty when there was neither.
struct Tries {
  int attempts = 0;
  int crashes = 0;
  std::string last_error;
};

[[nodiscard]] std::string EncodeJob(const NewJob& job, base::WallTime now);
// DATA_LOSS when the bytes are of neither form.
[[nodiscard]] absl::StatusOr<StoredJob> DecodeJob(std::string_view bytes);
[[nodiscard]] Tries DecodeTries(std::string_view text);

}  // namespace trellis::enqueue

#endif  // SERVICES_ENQUEUE_STORED_JOB_H_
