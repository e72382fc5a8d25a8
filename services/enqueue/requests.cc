#include "services/enqueue/requests.h"

#include <google/protobuf/util/time_util.h>

namespace trellis::enqueue {
namespace {

using google::protobuf::Duration;
using google::protobuf::util::TimeUtil;

constexpr int64_t kMaxDelaySeconds = 365LL * 24 * 3600;
constexpr int64_t kMaxUniqueSeconds = 30LL * 24 * 3600;
constexpr milliseconds kDefaultUniqueFor{3600 * 1000};
constexpr size_t kMaxUniqueKeyBytes = 256;
constexpr int kMaxAttempts = 100;
constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 500;

absl::StatusOr<milliseconds> DurationOf(const std::string& field, const Duration& duration,
                                        int64_t max_seconds) {
  if (duration.seconds() < 0 || duration.nanos() < 0 || duration.seconds() > max_seconds) {
    return base::InvalidField(field, "must be from 0s to " + std::to_string(max_seconds) + "s");
  }
  return milliseconds(TimeUtil::DurationToMilliseconds(duration));
}

// Works on EnqueueRequest and EnqueueBatchRequest.Job alike; `prefix` is "" or "jobs[3].".
template <typename Message>
absl::StatusOr<NewJob> Convert(const std::string& prefix, const Message& message,
                               const rpc::CallContext& context) {
  if (message.message().empty()) {
    return base::InvalidField(prefix + "message", "must not be empty");
  }
  if (message.message().size() > kMaxMessageBytes) {
    return base::InvalidField(prefix + "message", "must not be larger than 512 KiB");
  }
  if (message.unique_key().size() > kMaxUniqueKeyBytes) {
    return base::InvalidField(prefix + "unique_key", "must not be longer than 256 bytes");
  }
  if (message.has_unique_for() && message.unique_key().empty()) {
    return base::InvalidField(prefix + "unique_for", "needs a unique_key");
  }
  if (message.max_attempts() < 0 || message.max_attempts() > kMaxAttempts) {
    return base::InvalidField(prefix + "max_attempts", "must be from 0 (the default) to 100");
  }
  const auto delay = DurationOf(prefix + "delay", message.delay(), kMaxDelaySeconds);
  if (!delay.ok()) return delay.status();
  const auto unique_for =
      DurationOf(prefix + "unique_for", message.unique_for(), kMaxUniqueSeconds);
  if (!unique_for.ok()) return unique_for.status();
  NewJob job;
  job.message = message.message();
  job.delay = *delay;
  job.unique_key = message.unique_key();
  job.unique_for = unique_for->count() > 0 ? *unique_for : kDefaultUniqueFor;
  if (message.max_attempts() > 0) job.max_attempts = message.max_attempts();
  job.traceparent = context.trace.Format();
  job.request_id = context.request_id;
  return job;
}

v1::JobState StateMessage(JobState state) {
  switch (state) {
    case JobState::kReady:
      return v1::READY;
    case JobState::kScheduled:
      return v1::SCHEDULED;
    case JobState::kInFlight:
      return v1::IN_FLIGHT;
    case JobState::kRetrying:
      return v1::RETRYING;
    case JobState::kDead:
      return v1::DEAD;
  }
  return v1::JOB_STATE_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<std::string> QueueOf(const std::string& name, const std::string& default_queue) {
  if (name.empty()) return default_queue;
  if (!IsQueueName(name)) {
    return base::InvalidField("queue", "must be 1-64 characters of [A-Za-z0-9._-]");
  }
  return name;
}

absl::StatusOr<NewJob> NewJobFrom(const v1::EnqueueRequest& request,
                                  const rpc::CallContext& context) {
  return Convert("", request, context);
}

absl::StatusOr<std::vector<NewJob>> NewJobsFrom(const v1::EnqueueBatchRequest& request,
                                                const rpc::CallContext& context) {
  if (request.jobs().empty() || request.jobs_size() > kMaxBatch) {
    return base::InvalidField("jobs", "must be 1 to 1,000 jobs");
  }
  std::vector<NewJob> jobs;
  for (int i = 0; i < request.jobs_size(); ++i) {
    absl::StatusOr<NewJob> job =
        Convert("jobs[" + std::to_string(i) + "].", request.jobs(i), context);
    if (!job.ok()) return job.status();
    jobs.push_back(std::move(*job));
  }
  return jobs;
}

absl::StatusOr<ListArguments> ListArgumentsFrom(const v1::ListJobsRequest& request) {
  ListArguments arguments;
  switch (request.state()) {
    case v1::JOB_STATE_UNSPECIFIED:
    case v1::READY:
      arguments.state = JobState::kReady;
      break;
    case v1::SCHEDULED:
      arguments.state = JobState::kScheduled;
      break;
    case v1::IN_FLIGHT:
      arguments.state = JobState::kInFlight;
      break;
    case v1::RETRYING:
      arguments.state = JobState::kRetrying;
      break;
    case v1::DEAD:
      arguments.state = JobState::kDead;
      break;
    default:
      return base::InvalidField("state", "is not a state of a job");
  }
  if (request.page_size() < 0 || request.page_size() > kMaxPageSize) {
    return base::InvalidField("page_size", "must be from 0 (the default, 50) to 500");
  }
  arguments.page_size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  return arguments;
}

void ToMessage(const EnqueueResult& result, v1::EnqueueResponse* message) {
  message->set_enqueued(true);
  message->set_id(result.id);
  if (result.duplicate) message->set_duplicate(true);
}

void ToMessage(const std::string& queue, const Job& job, v1::Job* message) {
  const auto stamp = [](base::WallTime time) {
    return TimeUtil::MillisecondsToTimestamp(base::UnixMillis(time));
  };
  message->set_id(job.id);
  message->set_queue(queue);
  message->set_state(StateMessage(job.state));
  message->set_message(job.message);
  if (job.enqueued_at) *message->mutable_enqueued_at() = stamp(*job.enqueued_at);
  message->set_max_attempts(job.max_attempts);
  message->set_attempts(job.attempts);
  message->set_crashes(job.crashes);
  message->set_last_error(job.last_error);
  if (job.state_time) *message->mutable_state_time() = stamp(*job.state_time);
  message->set_worker(job.worker);
}

void ToMessage(const QueueStats& stats, v1::Queue* message) {
  message->set_name(stats.name);
  message->set_ready(stats.ready);
  message->set_scheduled(stats.scheduled);
  message->set_in_flight(stats.in_flight);
  message->set_retrying(stats.retrying);
  message->set_dead(stats.dead);
  if (stats.oldest_age) {
    *message->mutable_oldest_age() = TimeUtil::MillisecondsToDuration(stats.oldest_age->count());
  }
  message->set_processed(stats.processed);
  message->set_failed(stats.failed);
  message->set_paused(stats.paused);
  message->set_workers(stats.workers);
}

}  // namespace trellis::enqueue
