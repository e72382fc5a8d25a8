#include "services/enqueue/worker.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/ids.h"
#include "mesh/telemetry/log.h"

namespace trellis::enqueue {

namespace asio = boost::asio;
using base::Deadline;
using telemetry::Level;

namespace {

constexpr int kBatch = 1000;
// How long one wait for work may take; also how late a stop may be noticed.
constexpr milliseconds kAwaitWork{500};
constexpr base::BackoffPolicy kErrorPause{milliseconds(50), milliseconds(500)};
constexpr milliseconds kHandlerAwayPause{500};
constexpr size_t kReasonBytes = 1024;

}  // namespace

Worker::Worker(asio::any_io_executor executor, WorkSource& source, JobHandler& handler,
               WorkerMetrics& metrics, WorkerOptions options)
    : executor_(executor),
      source_(source),
      handler_(handler),
      metrics_(metrics),
      options_(options),
      change_(executor) {}

void Worker::Start() {
  loops_ = 2;
  asio::co_spawn(executor_, KeepLease(), asio::detached);
  asio::co_spawn(executor_, ClaimLoop(), asio::detached);
}

Deadline Worker::CallDeadline() const { return Deadline::After(options_.call_timeout); }

asio::awaitable<void> Worker::Sleep(milliseconds duration) {
  asio::steady_timer timer(executor_, duration);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> Worker::AwaitChange(milliseconds duration) {
  change_.expires_after(duration);
  boost::system::error_code ignored;
  co_await change_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> Worker::KeepLease() {
  while (!gave_up_ && !(stopping_ && unfinished_ == 0)) {
    const absl::StatusOr<TickResult> tick = co_await source_.Tick(CallDeadline());
    if (tick.ok()) {
      metrics_.taken_over.Increment(tick->taken_over);
      metrics_.dead.Increment(tick->died);
      if (!tick->had_lease && unfinished_ > 0) metrics_.leases_lost.Increment();
      if (tick->held > static_cast<int>(unfinished_)) holds_unknown_ = true;
      if (tick->taken_over + tick->died > 0) {
        telemetry::Log(Level::kWarn, "took over jobs of dead workers",
                       {{"ready", tick->taken_over}, {"dead", tick->died}});
      }
    }
    co_await Sleep(options_.heartbeat);
  }
  --loops_;
}

asio::awaitable<void> Worker::GiveBackUnknown() {
  std::vector<ClaimRef> known;
  for (const ClaimedJob& job : in_hand_) known.push_back(job.ref);
  known.insert(known.end(), completed_.begin(), completed_.end());
  known.insert(known.end(), completing_.begin(), completing_.end());
  const absl::StatusOr<int> lost = co_await source_.Reconcile(known, CallDeadline());
  if (!lost.ok() || *lost == 0) co_return;
  metrics_.released.Increment(*lost);
  telemetry::Log(Level::kWarn, "gave back jobs whose claim was not answered", {{"count", *lost}});
}

asio::awaitable<void> Worker::ClaimLoop() {
  int errors = 0;
  while (!stopping_) {
    const bool claimed = co_await ClaimOnce();
    if (claimed) {
      errors = 0;
    } else {
      co_await Sleep(base::FullJitter(kErrorPause, errors++, base::RandomBits()));
    }
  }
  --loops_;
}

asio::awaitable<bool> Worker::ClaimOnce() {
  // Here and not where it is noticed: while no claim is under way, what the source knows and we do
  // not can only be a claim whose answer was lost.
  if (std::exchange(holds_unknown_, false)) co_await GiveBackUnknown();
  if (handler_away_) {
    co_await Sleep(kHandlerAwayPause);
    handler_away_ = false;
  }
  const int holds = static_cast<int>(unfinished_);
  const int want = std::min(options_.concurrency - holds, kBatch);
  const int64_t bytes = options_.bytes - bytes_in_hand_;
  if (want <= 0 || bytes <= 0) {
    co_await AwaitChange(kAwaitWork);
    co_return true;
  }
  absl::StatusOr<ClaimedBatch> batch = co_await source_.Claim(want, holds, bytes, CallDeadline());
  if (batch.status().code() == absl::StatusCode::kFailedPrecondition) {
    const absl::StatusOr<TickResult> tick = co_await source_.Tick(CallDeadline());
    co_return tick.ok();
  }
  if (!batch.ok()) co_return false;
  if (batch->jobs.empty()) {
    if (batch->wants_empty_hands && unfinished_ > 0) {
      co_await AwaitChange(kAwaitWork);
    } else {
      co_await source_.AwaitWork(kAwaitWork);
    }
    co_return true;
  }
  metrics_.claimed.Increment(static_cast<double>(batch->jobs.size()));
  for (ClaimedJob& job : batch->jobs) {
    if (job.redelivered) metrics_.redelivered.Increment();
    bytes_in_hand_ += static_cast<int64_t>(job.message.size());
    in_hand_.push_back(std::move(job));
    ++unfinished_;
    asio::co_spawn(executor_, RunJob(std::prev(in_hand_.end())), asio::detached);
  }
  metrics_.in_hand.Set(static_cast<double>(unfinished_));
  co_return true;
}

asio::awaitable<void> Worker::RunJob(Jobs::iterator job) {
  const auto start = std::chrono::steady_clock::now();
  absl::Status outcome;
  try {
    outcome = co_await handler_.Handle(*job);
  } catch (const std::exception& error) {
    outcome = base::MakeStatus(absl::StatusCode::kInternal,
                               std::string("the handler threw: ") + error.what());
  }
  if (gave_up_) co_return;  // released already
  metrics_.run.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!outcome.ok()) {
    co_await Settle(job, std::move(outcome));
    co_return;
  }
  completed_.push_back(std::move(job->ref));
  bytes_in_hand_ -= static_cast<int64_t>(job->message.size());
  in_hand_.erase(job);
  if (flushing_) co_return;
  flushing_ = true;
  asio::co_spawn(executor_, FlushCompleted(), asio::detached);
}

void Worker::Forget(Jobs::iterator job) {
  bytes_in_hand_ -= static_cast<int64_t>(job->message.size());
  in_hand_.erase(job);
  --unfinished_;
  change_.cancel();
}

asio::awaitable<void> Worker::Settle(Jobs::iterator job, absl::Status outcome) {
  if (outcome.code() == absl::StatusCode::kUnavailable) {
    if (!std::exchange(handler_away_, true)) {
      telemetry::Log(Level::kError, "the handler cannot work; jobs are given back",
                     {{"error", base::MessageOf(outcome)}});
    }
    co_await GiveBack(job);
    co_return;
  }
  const std::string reason = base::MessageOf(outcome).substr(0, kReasonBytes);
  const milliseconds delay = base::FullJitter(options_.retry, job->attempts, base::RandomBits());
  for (int attempt = 0; !gave_up_; ++attempt) {
    const absl::StatusOr<bool> dead = co_await source_.Fail(*job, reason, delay, CallDeadline());
    if (dead.ok() || dead.status().code() == absl::StatusCode::kAborted) {
      metrics_.failed.Increment();
      if (!dead.ok()) metrics_.fenced.Increment();
      if (dead.ok() && *dead) metrics_.dead.Increment();
      telemetry::Log(Level::kWarn, "job failed",
                     {{"id", job->ref.id}, {"attempt", job->attempts + 1}, {"error", reason}});
      Forget(job);
      co_return;
    }
    co_await Sleep(base::FullJitter(kErrorPause, attempt, base::RandomBits()));
  }
}

asio::awaitable<void> Worker::GiveBack(Jobs::iterator job) {
  const std::vector<ClaimRef> refs = {job->ref};
  for (int attempt = 0; !gave_up_; ++attempt) {
    const absl::Status released = co_await source_.Release(refs, CallDeadline());
    if (released.ok()) {
      metrics_.released.Increment();
      Forget(job);
      co_return;
    }
    co_await Sleep(base::FullJitter(kErrorPause, attempt, base::RandomBits()));
  }
}

asio::awaitable<void> Worker::FlushCompleted() {
  // What else is completed in this turn goes along.
  co_await asio::post(executor_, asio::use_awaitable);
  while (!completed_.empty() && !gave_up_) {
    const size_t count = std::min(completed_.size(), static_cast<size_t>(kBatch));
    const auto end = completed_.begin() + static_cast<ptrdiff_t>(count);
    completing_.assign(std::make_move_iterator(completed_.begin()), std::make_move_iterator(end));
    completed_.erase(completed_.begin(), end);
    co_await CompleteBatch();
  }
  flushing_ = false;
}

asio::awaitable<void> Worker::CompleteBatch() {
  for (int attempt = 0; !gave_up_; ++attempt) {
    const absl::StatusOr<std::vector<std::string>> fenced =
        co_await source_.Complete(completing_, CallDeadline());
    if (fenced.ok()) {
      metrics_.completed.Increment(static_cast<double>(completing_.size() - fenced->size()));
      metrics_.fenced.Increment(static_cast<double>(fenced->size()));
      break;
    }
    co_await Sleep(base::FullJitter(kErrorPause, attempt, base::RandomBits()));
  }
  unfinished_ -= completing_.size();
  completing_.clear();
  metrics_.in_hand.Set(static_cast<double>(unfinished_));
  change_.cancel();
}

asio::awaitable<bool> Worker::Stop(Deadline deadline) {
  stopping_ = true;
  change_.cancel();
  // The last second, or half of a shorter time, is for giving back.
  const milliseconds time = deadline.Remaining();
  const Deadline finish = Deadline::After(time - std::min(time / 2, milliseconds(1000)));
  while ((unfinished_ > 0 || loops_ > 1) && !finish.Expired()) {
    co_await AwaitChange(std::min(milliseconds(20), finish.Remaining()));
  }
  gave_up_ = true;
  std::vector<ClaimRef> rest;
  for (const ClaimedJob& job : in_hand_) rest.push_back(job.ref);
  if (!rest.empty()) {
    (void)co_await source_.Release(rest, deadline);
    metrics_.released.Increment(static_cast<double>(rest.size()));
    telemetry::Log(Level::kWarn, "gave back jobs that were not done in time",
                   {{"count", rest.size()}});
  }
  while (loops_ > 0 && !deadline.Expired()) co_await Sleep(milliseconds(10));
  (void)co_await source_.Leave(deadline);
  co_return in_hand_.empty() && loops_ == 0;
}

}  // namespace trellis::enqueue
