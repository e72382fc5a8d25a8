#include "clients/cli/load/runner.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>

namespace trellis::cli::load {
namespace {

using std::chrono::steady_clock;

// How long it may take until an interrupt is seen.
constexpr base::milliseconds kLook{50};
constexpr base::milliseconds kPatienceAfterInterrupt{1000};

}  // namespace

Runner::Runner(const Plan& plan, Caller& caller, Recorder& recorder, base::SteadyTime start,
               std::function<bool()> interrupted)
    : caller_(caller),
      recorder_(recorder),
      interrupted_(std::move(interrupted)),
      scheduler_(plan, start) {}

bool Runner::Interrupted() {
  if (!stopped_ && interrupted_()) {
    stopped_ = true;
    scheduler_.Stop();
    recorder_.Interrupted();
  }
  return stopped_;
}

void Runner::Run() {
  Lock lock(mutex_);
  // The kernel rounds timers up by 50 us, which would be in the latency of each call; 0 is the
  // default again (prctl(2)).
  prctl(PR_SET_TIMERSLACK, 1UL);
  SendAll(lock);
  prctl(PR_SET_TIMERSLACK, 0UL);
  GiveUpTheRest();
  Drain(lock);
}

void Runner::SendAll(Lock& lock) {
  bool held = false;
  while (true) {
    (void)Interrupted();
    const base::SteadyTime now = steady_clock::now();
    const Scheduler::Step step = scheduler_.Next(now, in_flight_);
    switch (step.action) {
      case Scheduler::Action::kSend:
        Send(step, held, lock);
        break;
      case Scheduler::Action::kWaitUntil:
        held = false;
        changed_.wait_until(lock, std::min(step.time, now + kLook));
        break;
      case Scheduler::Action::kWaitForAnswer:
        held = true;
        waiting_ = true;
        changed_.wait_until(lock, now + kLook);
        waiting_ = false;
        break;
      case Scheduler::Action::kDone:
        return;
    }
  }
}

void Runner::Send(const Scheduler::Step& step, bool held, Lock& lock) {
  const int64_t in_flight = ++in_flight_;
  lock.unlock();
  const base::SteadyTime now = steady_clock::now();
  const base::SteadyTime intended = std::min(step.time, now);
  recorder_.Sent(intended, now, in_flight, held);
  caller_.Start(step.index, [this, intended](const std::string& code, const std::string& message) {
    recorder_.Ended(intended, steady_clock::now(), code, message);
    const std::lock_guard guard(mutex_);
    --in_flight_;
    // Under the lock: once it is free, the runner may be gone.
    if (waiting_) changed_.notify_one();
  });
  lock.lock();
}

void Runner::GiveUpTheRest() {
  const base::SteadyTime now = steady_clock::now();
  // What came due while the interrupt was on its way is nobody's fault.
  const int64_t due = scheduler_.DueBy(stopped_ ? now - kLook : now);
  for (int64_t i = scheduler_.sent(); i < due; ++i) recorder_.GivenUp(scheduler_.DueAt(i), now);
}

void Runner::Drain(Lock& lock) {
  base::SteadyTime cancel_at = base::SteadyTime::max();
  waiting_ = true;
  while (in_flight_ > 0) {
    const base::SteadyTime now = steady_clock::now();
    if (cancel_at == base::SteadyTime::max() && Interrupted()) {
      cancel_at = now + kPatienceAfterInterrupt;
    }
    if (now >= cancel_at) {
      lock.unlock();
      caller_.CancelAll();
      lock.lock();
    }
    if (in_flight_ > 0) changed_.wait_until(lock, now + kLook);
  }
}

}  // namespace trellis::cli::load
