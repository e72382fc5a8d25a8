#include "mesh/http/testing/raw_client.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace trellis::http::testing {

std::string RawResponse::Find(std::string_view name) const {
  const std::string key = "\r\n" + std::string(name) + ": ";
  const size_t at = head.find(key);
  if (at == head.npos) return {};
  const size_t begin = at + key.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RawClient::RawClient(int port, int receive_buffer) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{10, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (receive_buffer > 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

RawClient::~RawClient() { Close(); }

void RawClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void RawClient::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

bool RawClient::Fill() {
  char bytes[16 * 1024];
  const ssize_t n = recv(fd_, bytes, sizeof(bytes), 0);
  timed_out_ = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (n <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(n));
  return true;
}

std::string RawClient::ReadUntil(std::string_view mark) {
  while (buffer_.find(mark) == buffer_.npos) {
    if (!Fill()) return std::exchange(buffer_, {});
  }
  const size_t end = buffer_.find(mark) + mark.size();
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return text;
}

std::string RawClient::ReadBytes(size_t bytes) {
  while (buffer_.size() < bytes && Fill()) {
  }
  std::string text = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return text;
}

std::string RawClient::ReadToEnd() {
  while (Fill()) {
  }
  return std::exchange(buffer_, {});
}

bool RawClient::WaitClosed() { return buffer_.empty() && !Fill() && !timed_out_; }

bool RawClient::ReadChunks(std::string* body) {
  for (;;) {
    const std::string line = ReadUntil("\r\n");
    char* end = nullptr;
    const size_t size = std::strtoul(line.c_str(), &end, 16);
    if (end == line.c_str() || std::string_view(end) != "\r\n") return false;
    const std::string chunk = ReadBytes(size + 2);
    if (chunk.size() != size + 2 || !chunk.ends_with("\r\n")) return false;
    body->append(chunk, 0, size);
    if (size == 0) return true;
  }
}

RawResponse RawClient::Read(bool to_head) {
  RawResponse response;
  response.head = ReadUntil("\r\n\r\n");
  if (!response.head.starts_with("HTTP/1.1 ") || !response.head.ends_with("\r\n\r\n")) {
    return response;
  }
  const int status = std::atoi(response.head.c_str() + 9);
  if (to_head) {
    response.status = status;
  } else if (response.Find("Transfer-Encoding") == "chunked") {
    if (ReadChunks(&response.body)) response.status = status;
  } else if (const std::string length = response.Find("Content-Length"); !length.empty()) {
    response.body = ReadBytes(std::stoul(length));
    if (response.body.size() == std::stoul(length)) response.status = status;
  } else {
    response.body = ReadToEnd();
    response.status = status;
  }
  return response;
}

}  // namespace trellis::http::testing
