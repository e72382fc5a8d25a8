#include "mesh/postgres/impl/event.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace trellis::postgres::impl {
namespace {

// For poll(): rounded up, or the last millisecond before a deadline would be spent spinning.
int PollMilliseconds(base::Deadline deadline) {
  if (deadline.IsInfinite()) return -1;
  const auto left = deadline.time() - std::chrono::steady_clock::now();
  const auto rounded = std::chrono::ceil<base::milliseconds>(left).count();
  return static_cast<int>(std::clamp<int64_t>(rounded, 0, 60 * 60 * 1000));
}

}  // namespace

Event::Event() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Event::~Event() { close(fd_); }

void Event::Set() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof(one));
}

void Event::Reset() const {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(fd_, &count, sizeof(count));
}

Woken Wait(int socket, For what, const Event& event, base::Deadline deadline) {
  std::array<pollfd, 2> fds{};
  fds[0].fd = event.fd();
  fds[0].events = POLLIN;
  fds[1].fd = socket;
  fds[1].events = what == For::kRead ? POLLIN : POLLOUT;
  while (true) {
    const int ready = poll(fds.data(), fds.size(), PollMilliseconds(deadline));
    if (ready < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    if (ready > 0) return {fds[1].revents != 0, fds[0].revents != 0};
    if (deadline.Expired()) return {};
  }
}

}  // namespace trellis::postgres::impl
