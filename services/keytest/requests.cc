#include "services/keytest/requests.h"

namespace trellis::keytest {
namespace {

constexpr int kMaxKeys = 1'000'000;
constexpr int kMaxDelayMs = 60'000;
constexpr int kMaxTtlMs = 3'600'000;
constexpr int kMinIntervalMs = 100, kMaxIntervalMs = 60'000, kDefaultIntervalMs = 1000;

// 1000000 as 1,000,000.
std::string Grouped(int number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3;) digits.insert(i -= 3, ",");
  return digits;
}

absl::Status CheckBounds(const char* field, int value, int min, int max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return base::InvalidField(field, "must be between " + Grouped(min) + " and " + Grouped(max));
}

v1::Status::State StateOf(RunState state) {
  switch (state) {
    case RunState::kIdle:
      return v1::Status::IDLE;
    case RunState::kGenerating:
      return v1::Status::GENERATING;
    case RunState::kDraining:
      return v1::Status::DRAINING;
    case RunState::kStopped:
      return v1::Status::STOPPED;
    case RunState::kDone:
      break;
  }
  return v1::Status::DONE;
}

void SetTime(int64_t ms, google::protobuf::Timestamp* time) {
  time->set_seconds(ms / 1000);
  time->set_nanos(static_cast<int>(ms % 1000) * 1'000'000);
}

}  // namespace

absl::StatusOr<RunParameters> ParametersFrom(const v1::StartTestRequest& request) {
  RunParameters parameters;
  parameters.keys = request.keys();
  if (request.has_delay_ms()) parameters.delay_ms = request.delay_ms();
  if (request.has_ttl_ms()) parameters.ttl_ms = request.ttl_ms();
  if (request.has_dedup_window_ms()) parameters.dedup_window_ms = request.dedup_window_ms();
  absl::Status status = CheckBounds("keys", parameters.keys, 1, kMaxKeys);
  if (status.ok()) status = CheckBounds("delay_ms", parameters.delay_ms, 0, kMaxDelayMs);
  if (status.ok()) status = CheckBounds("ttl_ms", parameters.ttl_ms, 1, kMaxTtlMs);
  if (status.ok()) {
    status = CheckBounds("dedup_window_ms", parameters.dedup_window_ms, 1, kMaxTtlMs);
  }
  if (!status.ok()) return status;
  return parameters;
}

absl::StatusOr<base::milliseconds> IntervalFrom(const v1::WatchStatusRequest& request) {
  if (request.interval_ms() == 0) return base::milliseconds(kDefaultIntervalMs);
  const absl::Status status =
      CheckBounds("interval_ms", request.interval_ms(), kMinIntervalMs, kMaxIntervalMs);
  if (!status.ok()) return status;
  return base::milliseconds(request.interval_ms());
}

v1::Status ToMessage(const RunStatus& status) {
  v1::Status message;
  message.set_state(StateOf(status.state));
  message.set_run_id(status.id);
  message.set_keys(status.parameters.keys);
  if (status.state != RunState::kIdle) {
    message.set_delay_ms(status.parameters.delay_ms);
    message.set_ttl_ms(status.parameters.ttl_ms);
    message.set_dedup_window_ms(status.parameters.dedup_window_ms);
  }
  message.set_generated(status.generated);
  message.set_consumed(status.consumed);
  message.set_pending(status.pending);
  message.set_dead(status.dead);
  message.set_percent(Percent(status));
  for (const LatenessBucket& bucket : status.lateness) {
    v1::LatenessBucket* const added = message.add_lateness();
    added->set_le_ms(bucket.le_ms);
    added->set_count(bucket.count);
  }
  message.set_lateness_p50_ms(LatenessQuantile(status.lateness, 0.5));
  message.set_lateness_p99_ms(LatenessQuantile(status.lateness, 0.99));
  if (status.started_ms > 0) SetTime(status.started_ms, message.mutable_started_at());
  if (status.ended_ms > 0) SetTime(status.ended_ms, message.mutable_ended_at());
  return message;
}

}  // namespace trellis::keytest
