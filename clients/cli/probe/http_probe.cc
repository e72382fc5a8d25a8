#include "clients/cli/probe/http_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include "mesh/base/options.h"

namespace trellis::cli {
namespace {

constexpr size_t kLongestStatusLine = 4096;

absl::Status Unavailable(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, message);
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WaitFor(int fd, short events, base::Deadline deadline) {
  while (!deadline.Expired()) {
    pollfd entry{fd, events, 0};
    // Rounded up, so that it does not spin through the last millisecond.
    const auto patience =
        std::min(base::milliseconds(60'000), deadline.Remaining()) + base::milliseconds(1);
    const int ready = poll(&entry, 1, static_cast<int>(patience.count()));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return Unavailable(std::strerror(errno));
  }
  return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "no answer in time");
}

absl::Status Connect(int fd, const addrinfo& address, base::Deadline deadline) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return absl::OkStatus();
  if (errno != EINPROGRESS) return Unavailable(std::strerror(errno));
  if (absl::Status status = WaitFor(fd, POLLOUT, deadline); !status.ok()) return status;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? absl::OkStatus() : Unavailable(std::strerror(error));
}

absl::Status SendAll(int fd, std::string_view text, base::Deadline deadline) {
  while (!text.empty()) {
    if (absl::Status status = WaitFor(fd, POLLOUT, deadline); !status.ok()) return status;
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) text.remove_prefix(static_cast<size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return Unavailable(std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadLine(int fd, base::Deadline deadline) {
  std::string text;
  while (text.find('\n') == std::string::npos && text.size() < kLongestStatusLine) {
    if (absl::Status status = WaitFor(fd, POLLIN, deadline); !status.ok()) return status;
    std::array<char, 512> chunk{};
    const ssize_t size = recv(fd, chunk.data(), chunk.size(), 0);
    if (size == 0) break;
    if (size > 0) text.append(chunk.data(), static_cast<size_t>(size));
    if (size < 0 && errno != EAGAIN && errno != EINTR) return Unavailable(std::strerror(errno));
  }
  return text.substr(0, text.find('\n'));
}

// RFC 9112, section 4: HTTP-version SP status-code SP.
absl::StatusOr<int> ParseStatusLine(std::string_view line) {
  int code = 0;
  constexpr size_t kCodeAt = 9;
  if (line.starts_with("HTTP/1.") && line.size() >= kCodeAt + 3 && line[kCodeAt - 1] == ' ') {
    const char* const end = line.data() + kCodeAt + 3;
    if (std::from_chars(line.data() + kCodeAt, end, code).ptr == end) return code;
  }
  return Unavailable("the answer is not HTTP");
}

absl::StatusOr<int> GetFrom(const addrinfo& address, const std::string& request,
                            base::Deadline deadline) {
  const Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) return Unavailable(std::strerror(errno));
  if (absl::Status s = Connect(socket.fd(), address, deadline); !s.ok()) return s;
  if (absl::Status s = SendAll(socket.fd(), request, deadline); !s.ok()) return s;
  const absl::StatusOr<std::string> line = ReadLine(socket.fd(), deadline);
  if (!line.ok()) return line.status();
  return ParseStatusLine(*line);
}

}  // namespace

absl::StatusOr<int> HttpGetStatus(const std::string& address, const std::string& path,
                                  base::Deadline deadline) {
  const absl::StatusOr<base::HostPort> split = base::SplitAddress(address);
  if (!split.ok()) return split.status();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(split->host.c_str(), std::to_string(split->port).c_str(), &hints, &found);
  if (error != 0) return Unavailable(gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + address +
                              "\r\nUser-Agent: trellis-cli\r\nAccept: */*\r\n"
                              "Connection: close\r\n\r\n";
  absl::StatusOr<int> result = Unavailable("no address");
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    result = GetFrom(*entry, request, deadline);
    if (result.ok()) break;
  }
  return result;
}

}  // namespace trellis::cli
