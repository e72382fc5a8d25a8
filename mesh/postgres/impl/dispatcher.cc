#include "mesh/postgres/impl/dispatcher.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>

namespace trellis::postgres::impl {
namespace {

using absl::StatusCode;
using base::SteadyTime;

// How long after the deadline the server's own answer is waited for.
constexpr base::milliseconds kPatience(250);

absl::Status Unavailable(const std::string& why) {
  return base::MakeStatus(StatusCode::kUnavailable, "postgres: " + why);
}

}  // namespace

void Answer(std::unique_ptr<Job> job, absl::Status status) {
  const boost::asio::any_io_executor executor = job->executor;
  boost::asio::post(executor, [job = std::move(job), status = std::move(status)]() mutable {
    job->completion->Done(std::move(status));
  });
}

Dispatcher::Dispatcher(int queue_limit)
    : queue_limit_(static_cast<size_t>(std::max(1, queue_limit))), watcher_([this] { Watch(); }) {}

Dispatcher::~Dispatcher() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    watch_.notify_one();
  }
  watcher_.join();
}

void Dispatcher::Add(Seat* seat) {
  const std::lock_guard lock(mutex_);
  seats_.push_back(seat);
}

void Dispatcher::Open() {
  const std::lock_guard lock(mutex_);
  down_.reset();
}

void Dispatcher::Submit(std::unique_ptr<Job> job) {
  std::unique_lock lock(mutex_);
  absl::Status refusal;
  if (closing_) {
    refusal = Unavailable("closed");
  } else if (down_) {
    refusal = Unavailable(*down_);
  } else if (queue_.size() >= queue_limit_) {
    refusal = base::MakeStatus(StatusCode::kResourceExhausted,
                               "postgres: too many wait for a connection");
  }
  if (!refusal.ok()) {
    lock.unlock();
    return Answer(std::move(job), refusal);
  }
  if (job->deadline.time() < armed_) {
    armed_ = job->deadline.time();
    watch_.notify_one();
  }
  queue_.push_back(std::move(job));
  WakeOne();
}

void Dispatcher::Close() {
  std::deque<std::unique_ptr<Job>> waiting;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    waiting.swap(queue_);
    for (const Seat* seat : seats_) seat->wake.Set();
  }
  for (std::unique_ptr<Job>& job : waiting) Answer(std::move(job), Unavailable("closed"));
}

bool Dispatcher::closing() const {
  const std::lock_guard lock(mutex_);
  return closing_;
}

void Dispatcher::WakeOne() {
  if (idle_.empty()) return;
  // The one that was busy last: its memory is warm, and the others may sleep on.
  idle_.back()->wake.Set();
  idle_.pop_back();
}

void Dispatcher::Quit(Seat* seat) {
  std::erase(idle_, seat);
  if (!closing_) seat->wake.Reset();
}

std::unique_ptr<Job> Dispatcher::Take(Seat* seat, int socket) {
  const std::lock_guard lock(mutex_);
  Quit(seat);
  if (closing_) return nullptr;
  if (queue_.empty()) {
    idle_.push_back(seat);
    return nullptr;
  }
  std::unique_ptr<Job> job = std::move(queue_.front());
  queue_.pop_front();
  seat->busy = true;
  seat->cut = false;
  seat->deadline = job->deadline;
  seat->socket = socket;
  return job;
}

void Dispatcher::Leave(Seat* seat) {
  const std::lock_guard lock(mutex_);
  Quit(seat);
  // It may have been woken for a job that it does not take.
  if (!queue_.empty()) WakeOne();
}

void Dispatcher::End(Seat* seat) {
  const std::lock_guard lock(mutex_);
  seat->busy = false;
  seat->socket = -1;
}

void Dispatcher::Connected() {
  const std::lock_guard order(change_mutex_);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = ++connected_ == 1;
    down_.reset();
  }
  if (first && on_change_) on_change_(true, "");
}

void Dispatcher::Lost(const std::string& reason) {
  const std::lock_guard order(change_mutex_);
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    last = --connected_ == 0 && !closing_;
  }
  if (last && on_change_) on_change_(false, reason);
}

void Dispatcher::ConnectFailed(const std::string& reason) {
  std::deque<std::unique_ptr<Job>> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (connected_ > 0 || closing_) return;
    down_ = reason;
    waiting.swap(queue_);
  }
  for (std::unique_ptr<Job>& job : waiting) Answer(std::move(job), Unavailable(reason));
}

std::deque<std::unique_ptr<Job>> Dispatcher::TakeLate() {
  const SteadyTime now = std::chrono::steady_clock::now();
  std::deque<std::unique_ptr<Job>> late;
  std::deque<std::unique_ptr<Job>> early;
  armed_ = SteadyTime::max();
  for (std::unique_ptr<Job>& job : queue_) {
    if (!job->deadline.Expired(now)) armed_ = std::min(armed_, job->deadline.time());
    (job->deadline.Expired(now) ? late : early).push_back(std::move(job));
  }
  queue_.swap(early);
  for (Seat* seat : seats_) {
    if (!seat->busy || seat->cut || seat->deadline.IsInfinite()) continue;
    const SteadyTime end = seat->deadline.time() + kPatience;
    if (now >= end) {
      // Not close(): the descriptor is the thread's, which sees the connection end.
      shutdown(seat->socket, SHUT_RDWR);
      seat->cut = true;
    } else {
      armed_ = std::min(armed_, end);
    }
  }
  return late;
}

void Dispatcher::Watch() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    std::deque<std::unique_ptr<Job>> late = TakeLate();
    if (!late.empty()) {
      lock.unlock();
      for (std::unique_ptr<Job>& job : late) {
        Answer(std::move(job), base::MakeStatus(StatusCode::kDeadlineExceeded,
                                                "postgres: no connection became free in time"));
      }
      lock.lock();
      continue;
    }
    if (armed_ == SteadyTime::max()) {
      watch_.wait(lock);
    } else {
      watch_.wait_until(lock, armed_);
    }
  }
}

}  // namespace trellis::postgres::impl
