#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace trellis::testing {

using absl::StatusCode;
using base::Deadline;

std::string HttpReply::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return "";
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : port_(other.port_),
      patience_(other.patience_),
      deadline_(other.deadline_),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      lines_(std::move(other.lines_)) {}

void HttpClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  buffer_.clear();
  lines_.clear();
}

absl::Status HttpClient::Fail(StatusCode code, const std::string& what) {
  Close();
  return base::MakeStatus(code, what);
}

absl::Status HttpClient::Connect() {
  if (fd_ >= 0) return absl::OkStatus();
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port_));
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return Fail(StatusCode::kUnavailable, std::string("connect: ") + strerror(errno));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return absl::OkStatus();
}

absl::Status HttpClient::SendRaw(std::string_view bytes) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  while (!bytes.empty()) {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Fail(StatusCode::kUnavailable, std::string("send: ") + strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status HttpClient::ReadSome() {
  pollfd wait{fd_, POLLIN, 0};
  const int ready = poll(&wait, 1, static_cast<int>(deadline_.Remaining().count()));
  if (ready == 0) return Fail(StatusCode::kDeadlineExceeded, "no answer in time");
  char chunk[16 * 1024];
  const ssize_t n = recv(fd_, chunk, sizeof(chunk), 0);
  if (n == 0) return Fail(StatusCode::kUnavailable, "the peer closed");
  if (n < 0) return Fail(StatusCode::kUnavailable, std::string("recv: ") + strerror(errno));
  buffer_.append(chunk, static_cast<size_t>(n));
  return absl::OkStatus();
}

absl::Status HttpClient::ReadUntil(std::string_view mark) {
  while (buffer_.find(mark) == buffer_.npos) {
    if (absl::Status status = ReadSome(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status HttpClient::ReadCount(size_t count) {
  while (buffer_.size() < count) {
    if (absl::Status status = ReadSome(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status HttpClient::ReadChunk(std::string* out) {
  if (absl::Status status = ReadUntil("\r\n"); !status.ok()) return status;
  const size_t size = std::strtoul(buffer_.c_str(), nullptr, 16);
  buffer_.erase(0, buffer_.find("\r\n") + 2);
  if (absl::Status status = ReadCount(size + 2); !status.ok()) return status;
  out->append(buffer_, 0, size);
  buffer_.erase(0, size + 2);
  return size == 0 ? base::MakeStatus(StatusCode::kOutOfRange, "the end") : absl::OkStatus();
}

absl::StatusOr<HttpReply> HttpClient::ReadReply(bool head_only) {
  if (fd_ < 0) return base::MakeStatus(StatusCode::kUnavailable, "not connected");
  deadline_ = Deadline::After(patience_);
  if (absl::Status status = ReadUntil("\r\n\r\n"); !status.ok()) return status;
  HttpReply reply;
  const size_t end = buffer_.find("\r\n\r\n");
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  if (!head.starts_with("HTTP/1.1 ")) return Fail(StatusCode::kDataLoss, "not HTTP: " + head);
  reply.status = std::atoi(head.c_str() + 9);
  for (size_t at = head.find("\r\n") + 2; at < head.size();) {
    const size_t line_end = head.find("\r\n", at);
    const size_t colon = head.find(':', at);
    size_t value = colon + 1;
    while (value < line_end && head[value] == ' ') ++value;
    reply.headers.emplace_back(head.substr(at, colon - at), head.substr(value, line_end - value));
    at = line_end + 2;
  }
  if (head_only) return reply;
  if (reply.Header("Transfer-Encoding") == "chunked") {
    absl::Status status;
    while (status.ok()) status = ReadChunk(&reply.body);
    if (status.code() != StatusCode::kOutOfRange) return status;
  } else {
    const size_t length = std::strtoul(reply.Header("Content-Length").c_str(), nullptr, 10);
    if (absl::Status status = ReadCount(length); !status.ok()) return status;
    reply.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
  }
  if (reply.Header("Connection") == "close") Close();
  return reply;
}

namespace {

std::string RequestText(const std::string& method, const std::string& target,
                        const HttpHeaders& headers, const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: test\r\n";
  for (const auto& [name, value] : headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (method != "GET" && method != "HEAD") {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

}  // namespace

absl::StatusOr<HttpReply> HttpClient::Request(const std::string& method, const std::string& target,
                                              const HttpHeaders& headers, const std::string& body) {
  if (absl::Status status = SendRaw(RequestText(method, target, headers, body)); !status.ok()) {
    return status;
  }
  return ReadReply(method == "HEAD");
}

absl::StatusOr<HttpReply> HttpClient::OpenStream(const std::string& target,
                                                 const HttpHeaders& headers) {
  if (absl::Status status = SendRaw(RequestText("GET", target, headers, "")); !status.ok()) {
    return status;
  }
  return ReadReply(true);
}

absl::StatusOr<std::string> HttpClient::ReadLine() {
  if (fd_ < 0) return base::MakeStatus(StatusCode::kUnavailable, "not connected");
  deadline_ = Deadline::After(patience_);
  while (lines_.find('\n') == lines_.npos) {
    if (absl::Status status = ReadChunk(&lines_); !status.ok()) return status;
  }
  const size_t end = lines_.find('\n');
  std::string line = lines_.substr(0, end);
  lines_.erase(0, end + 1);
  return line;
}

bool HttpClient::PeerCloses() {
  if (fd_ < 0) return true;
  deadline_ = Deadline::After(patience_);
  absl::Status status;
  while (status.ok()) status = ReadSome();
  return status.code() == StatusCode::kUnavailable;
}

}  // namespace trellis::testing
