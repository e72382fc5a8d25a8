#include "mesh/base/impl/batch_queue.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trellis::base {

namespace asio = boost::asio;
using absl::StatusCode;

bool MayBeOnesFault(const absl::Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
    case StatusCode::kUnavailable:
    case StatusCode::kUnknown:
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kResourceExhausted:
    case StatusCode::kAborted:
      return false;
    default:
      return true;
  }
}

namespace impl {
namespace {

absl::Status Late() {
  return MakeStatus(StatusCode::kDeadlineExceeded, "the deadline passed before its turn came");
}

}  // namespace

asio::awaitable<void> AwaitAnswer(BatchCall& call) {
  // Also when the frame is destroyed where it waits.
  struct Timer {
    explicit Timer(BatchCall& c) : call(c), timer(c.executor, c.deadline.time()) {
      call.timer = &timer;
    }
    ~Timer() { call.timer = nullptr; }
    BatchCall& call;
    asio::steady_timer timer;
  } waiting(call);
  boost::system::error_code ignored;
  co_await waiting.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

absl::Status BatchQueue::Join(std::shared_ptr<BatchCall> call) {
  if (call->deadline.Expired()) return Late();
  const std::lock_guard lock(mutex_);
  if (closed_) return Closed();
  if (waiting_ >= options_.max_waiting) {
    return MakeStatus(StatusCode::kResourceExhausted, "too many wait for their turn");
  }
  calls_.push_back(std::move(call));
  ++waiting_;
  return absl::OkStatus();
}

absl::Status BatchQueue::Leave(BatchCall& call) {
  const std::lock_guard lock(mutex_);
  if (call.state == BatchCall::State::kRunning) {
    return MakeStatus(StatusCode::kUnknown, "the deadline passed while it was being done");
  }
  if (call.state == BatchCall::State::kWaiting) --waiting_;
  call.state = BatchCall::State::kGone;
  // Of those that are gone, none stays for long: deadlines pass about in the order of the calls.
  while (!calls_.empty() && calls_.front()->state == BatchCall::State::kGone) calls_.pop_front();
  if (call.deadline.Expired()) return Late();
  return MakeStatus(StatusCode::kCancelled, "cancelled before its turn came");
}

std::optional<asio::any_io_executor> BatchQueue::StartOne() {
  const std::lock_guard lock(mutex_);
  if (closed_ || starting_ || waiting_ == 0 || under_way_ >= options_.max_under_way) return {};
  starting_ = true;
  ++under_way_;
  return calls_.front()->executor;
}

milliseconds BatchQueue::Pause() const {
  const std::lock_guard lock(mutex_);
  if (options_.pace.count() == 0 || last_taken_ == SteadyTime::min()) return milliseconds(0);
  // One who calls again and again, alone, gains nothing by it, nor does a batch that is full.
  if (waiting_ < 2 || waiting_ >= options_.max_items) return milliseconds(0);
  const auto passed = std::chrono::steady_clock::now() - last_taken_;
  return std::max(milliseconds(0), options_.pace - std::chrono::floor<milliseconds>(passed));
}

std::vector<std::shared_ptr<BatchCall>> BatchQueue::Take() {
  const std::lock_guard lock(mutex_);
  starting_ = false;
  last_taken_ = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<BatchCall>> taken;
  while (!calls_.empty() && taken.size() < options_.max_items) {
    std::shared_ptr<BatchCall> call = std::move(calls_.front());
    calls_.pop_front();
    if (call->state == BatchCall::State::kGone) continue;
    --waiting_;
    if (BeginLocked(*call)) taken.push_back(std::move(call));
  }
  return taken;
}

void BatchQueue::End() {
  const std::lock_guard lock(mutex_);
  --under_way_;
}

void BatchQueue::Undo(BatchCall& call) {
  const std::lock_guard lock(mutex_);
  if (call.state != BatchCall::State::kRunning) return;
  call.state = BatchCall::State::kWaiting;
  ++waiting_;
}

bool BatchQueue::Begin(BatchCall& call) {
  const std::lock_guard lock(mutex_);
  if (call.state != BatchCall::State::kWaiting) return false;
  --waiting_;
  return BeginLocked(call);
}

// One whose deadline has passed is answered by its own timer.
bool BatchQueue::BeginLocked(BatchCall& call) {
  call.state = call.deadline.Expired() ? BatchCall::State::kGone : BatchCall::State::kRunning;
  return call.state == BatchCall::State::kRunning;
}

void BatchQueue::Close() {
  std::deque<std::shared_ptr<BatchCall>> calls;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    calls.swap(calls_);
    waiting_ = 0;
    std::erase_if(calls, [](const auto& call) { return call->state == BatchCall::State::kGone; });
    for (const auto& call : calls) call->state = BatchCall::State::kGone;
  }
  for (std::shared_ptr<BatchCall>& call : calls) {
    const asio::any_io_executor executor = call->executor;
    asio::dispatch(executor, [call = std::move(call)] {
      call->Fail(Closed());
      call->Wake();
    });
  }
}

bool BatchQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

absl::Status BatchQueue::Closed() {
  return MakeStatus(StatusCode::kUnavailable, "closing: nothing is begun any more");
}

}  // namespace impl
}  // namespace trellis::base
