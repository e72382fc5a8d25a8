#include "services/weather/ingress.h"

#include <algorithm>

#include "mesh/base/ids.h"
#include "mesh/base/sleep.h"

namespace trellis::weather {

using absl::StatusCode;
using base::Deadline;

namespace {

constexpr milliseconds kAlmostNothing{20};

}  // namespace

Async<Reply> Ingress::Call(Request request, Deadline deadline) {
  auto place = limiter_.Acquire();
  if (!place.ok()) {
    metrics_.over_limit.Increment();
    co_return place.status();
  }
  auto permit = breaker_.Acquire();
  if (!permit.ok()) {
    metrics_.circuit_open.Increment();
    co_return permit.status();
  }
  const base::SteadyTime start = clock_.Now();
  const Deadline until = Deadline::Min(deadline, Deadline::After(options_.call_timeout, start));
  const bool fair = until.Remaining(start) >= options_.fair_time;
  absl::StatusOr<Reply> reply = co_await Attempts(std::move(request), until);
  const resilience::Duration latency = clock_.Now() - start;
  const resilience::Duration judged = std::max<resilience::Duration>(latency, options_.quick);
  // What is left alone here goes out of scope and does not count: it says nothing of the workers.
  switch (Judge(reply.status().code(), fair, latency, until)) {
    case StatusCode::kUnavailable:
      metrics_.unavailable.Increment();
      permit->Failed(latency);
      break;
    case StatusCode::kDeadlineExceeded:
      metrics_.timed_out.Increment();
      if (fair) {
        permit->Failed(latency);
        place->Dropped();
      }
      break;
    case StatusCode::kResourceExhausted:
      metrics_.stream_full.Increment();
      place->Dropped();
      break;
    case StatusCode::kCancelled:
      metrics_.cancelled.Increment();
      break;
    case StatusCode::kInternal:
    case StatusCode::kUnknown:
    case StatusCode::kDataLoss:
      metrics_.failed.Increment();
      permit->Failed(latency);
      place->Finish(judged);
      break;
    default:
      metrics_.answered.Increment();
      permit->Succeeded(latency);
      place->Finish(judged);
  }
  co_return reply;
}

// A caller that went away when its time was nearly over, or after a time in which the workers
// should have answered, did not get its answer in time. gRPC's clients round the deadline up that
// they send and cancel at the real one, so their timeouts come as this, before ours.
StatusCode Ingress::Judge(StatusCode code, bool fair, resilience::Duration latency,
                          Deadline until) const {
  if (code != StatusCode::kCancelled || !fair) return code;
  const milliseconds left = until.Remaining(clock_.Now());
  const bool at_the_end = left <= std::max<resilience::Duration>(latency / 10, kAlmostNothing);
  return at_the_end || latency >= options_.fair_time ? StatusCode::kDeadlineExceeded : code;
}

Async<Reply> Ingress::Attempts(Request request, Deadline deadline) {
  budget_.OnCall();
  for (int attempt = 0;; ++attempt) {
    absl::StatusOr<Reply> reply = co_await channel_.Call(request, deadline);
    if (reply.status().code() != StatusCode::kUnavailable) co_return reply;
    const milliseconds pause = PauseBefore(attempt + 1, deadline);
    if (pause.count() < 0) co_return reply;
    co_await base::Sleep(pause);
  }
}

milliseconds Ingress::PauseBefore(int attempt, Deadline deadline) {
  constexpr milliseconds kNone{-1};
  if (attempt >= options_.max_attempts) return kNone;
  const milliseconds pause = base::FullJitter(options_.retry, attempt - 1, base::RandomBits());
  if (pause >= deadline.Remaining(clock_.Now())) return kNone;
  if (!budget_.TryWithdraw()) {
    metrics_.not_retried.Increment();
    return kNone;
  }
  metrics_.retried.Increment();
  return pause;
}

}  // namespace trellis::weather
