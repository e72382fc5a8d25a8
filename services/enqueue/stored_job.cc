#include "services/enqueue/stored_job.h"

#include <charconv>

#include "trellis/enqueue/v1/stored_job.pb.h"

namespace trellis::enqueue {
namespace {

constexpr size_t kHeader = 14;  // kind and time

int64_t ToNumber(std::string_view digits) {
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Cuts off the text before the next blank.
std::string_view NextWord(std::string_view* rest) {
  const size_t blank = rest->find(' ');
  const std::string_view word = rest->substr(0, blank);
  rest->remove_prefix(blank == rest->npos ? rest->size() : blank + 1);
  return word;
}

}  // namespace

std::string EncodeJob(const NewJob& job, base::WallTime now) {
  v1::StoredJob stored;
  stored.set_message(job.message);
  if (job.max_attempts != kDefaultMaxAttempts) stored.set_max_attempts(job.max_attempts);
  stored.set_traceparent(job.traceparent);
  stored.set_request_id(job.request_id);
  std::string bytes = std::to_string(base::UnixMillis(now));
  bytes.insert(0, 13 - std::min<size_t>(bytes.size(), 13), '0');
  bytes.insert(0, 1, 'J');
  stored.AppendToString(&bytes);
  return bytes;
}

absl::StatusOr<StoredJob> DecodeJob(std::string_view bytes) {
  const auto damaged = [] {
    return base::MakeStatus(absl::StatusCode::kDataLoss, "a stored job cannot be read");
  };
  if (bytes.size() < kHeader || (bytes[0] != 'J' && bytes[0] != 'R')) return damaged();
  StoredJob job;
  job.enqueued_at = base::FromUnixMillis(ToNumber(bytes.substr(1, 13)));
  const std::string_view body = bytes.substr(kHeader);
  if (bytes[0] == 'R') {
    job.message = body;
    return job;
  }
  v1::StoredJob stored;
  if (!stored.ParseFromArray(body.data(), static_cast<int>(body.size()))) return damaged();
  job.message = std::move(*stored.mutable_message());
  if (stored.max_attempts() > 0) job.max_attempts = stored.max_attempts();
  job.traceparent = std::move(*stored.mutable_traceparent());
  job.request_id = std::move(*stored.mutable_request_id());
  return job;
}

Tries DecodeTries(std::string_view text) {
  Tries tries;
  tries.attempts = static_cast<int>(ToNumber(NextWord(&text)));
  tries.crashes = static_cast<int>(ToNumber(NextWord(&text)));
  tries.last_error = text;
  return tries;
}

}  // namespace trellis::enqueue
