#include "mesh/amqp/impl/handover.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace trellis::amqp {

Handover::Handover() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Handover::~Handover() { close(fd_); }

template <typename Change>
void Handover::Put(Change change) {
  const std::lock_guard lock(mutex_);
  change(work_);
  pending_ = true;
  WakeLocked();
}

void Handover::WakeLocked() {
  if (!sleeping_ || signalled_) return;
  signalled_ = true;
  const uint64_t one = 1;
  // It can only fail on an overflow, which one write at a time never reaches.
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof(one));
}

void Handover::Publish(PublishRequest request) {
  Put([&](Work& work) { work.publishes.push_back(std::move(request)); });
}

void Handover::Get(GetRequest request) {
  Put([&](Work& work) { work.gets.push_back(std::move(request)); });
}

void Handover::Settle(Settlement settlement) {
  Put([&](Work& work) { work.settlements.push_back(settlement); });
}

uint64_t Handover::Flush() {
  uint64_t number = 0;
  Put([&](Work& work) { number = work.flush = ++flushes_; });
  return number;
}

void Handover::Start() {
  Put([](Work& work) { work.start = true; });
}

void Handover::StopConsuming() {
  Put([](Work& work) { work.stop_consuming = true; });
}

void Handover::Stop() {
  Put([](Work& work) { work.stop = true; });
}

void Handover::WakeBefore(base::SteadyTime time) {
  const std::lock_guard lock(mutex_);
  if (sleeping_ && time >= sleeping_until_) return;
  work_.look = true;
  pending_ = true;
  WakeLocked();
}

void Handover::Take(Work* work) {
  work->publishes.clear();
  work->gets.clear();
  work->settlements.clear();
  const std::lock_guard lock(mutex_);
  sleeping_ = false;
  if (signalled_) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = read(fd_, &count, sizeof(count));
    signalled_ = false;
  }
  std::swap(work_, *work);
  work_.flush = 0;
  work_.start = work_.stop_consuming = work_.stop = work_.look = false;
  pending_ = false;
}

bool Handover::Sleep(base::SteadyTime until) {
  const std::lock_guard lock(mutex_);
  if (pending_) return false;
  sleeping_ = true;
  sleeping_until_ = until;
  return true;
}

}  // namespace trellis::amqp
