#include "mesh/amqp/impl/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace trellis::amqp {
namespace {

std::string ErrorText(int error) { return std::generic_category().message(error); }

absl::Status Unavailable(const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, why);
}

}  // namespace

Socket::~Socket() { Close(); }

void Socket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::Status Socket::Connect(const std::string& host, uint16_t port) {
  in_.resize(kReadChunk);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return Unavailable(gai_strerror(error));
  addresses_.reset(found);
  next_address_ = found;
  return TryNextAddress("the host has no address");
}

absl::Status Socket::TryNextAddress(std::string why) {
  connecting_ = true;
  while (next_address_ != nullptr) {
    const addrinfo& address = *next_address_;
    next_address_ = address.ai_next;
    Close();
    fd_ = socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                 address.ai_protocol);
    if (fd_ >= 0) {
      SetOptions();
      if (connect(fd_, address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS) {
        return absl::OkStatus();
      }
    }
    why = ErrorText(errno);
  }
  return Unavailable(why);
}

absl::Status Socket::FinishConnect() {
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return TryNextAddress(ErrorText(error));
  connecting_ = false;
  return absl::OkStatus();
}

void Socket::SetOptions() const {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // Heartbeats notice a peer that vanished; this is for deployments that switch them off. What is
  // unsent for long is no sign of that here: a broker in an alarm does not read.
  const int idle_s = 10, interval_s = 5, probes = 3;
  setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  setsockopt(fd_, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
  setsockopt(fd_, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
  setsockopt(fd_, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

short Socket::events() const {
  if (connecting_) return POLLOUT;
  return static_cast<short>(unsent() > 0 ? POLLIN | POLLOUT : POLLIN);
}

absl::Status Socket::Flush() {
  while (!connecting_ && unsent() > 0) {
    const ssize_t n = send(fd_, out_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n < 0) return Unavailable(ErrorText(errno));
    sent_ += static_cast<size_t>(n);
    flushed_ += static_cast<size_t>(n);
  }
  // Moving the rest to the front for each small piece that was sent would be quadratic.
  if (sent_ == out_.size() || sent_ > out_.size() / 2) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> Socket::Read() {
  for (;;) {
    const ssize_t n = recv(fd_, in_.data(), in_.size(), 0);
    if (n > 0) return std::string_view(in_.data(), static_cast<size_t>(n));
    if (n == 0) return Unavailable("closed by the broker");
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::string_view();
    return Unavailable(ErrorText(errno));
  }
}

}  // namespace trellis::amqp
