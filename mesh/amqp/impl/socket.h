#ifndef MESH_AMQP_IMPL_SOCKET_H_
#define MESH_AMQP_IMPL_SOCKET_H_

#include <netdb.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/status.h"

namespace trellis::amqp {

// A TCP connection that is driven by poll(): nothing blocks but the name's look-up. One thread.
class Socket {
 public:
  static constexpr size_t kReadChunk = 256 * 1024;

  Socket() = default;
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Begins to connect to the first of the host's addresses.
  [[nodiscard]] absl::Status Connect(const std::string& host, uint16_t port);
  // To be called when the socket is writable or in error while connecting; goes on to the next
  // address after a failure.
  [[nodiscard]] absl::Status FinishConnect();
  [[nodiscard]] bool connecting() const { return connecting_; }

  [[nodiscard]] int fd() const { return fd_; }
  // What to poll for.
  [[nodiscard]] short events() const;

  // What is to be sent: append here, then Flush.
  [[nodiscard]] std::string* out() { return &out_; }
  // Sends what the kernel takes.
  [[nodiscard]] absl::Status Flush();
  [[nodiscard]] size_t unsent() const { return out_.size() - sent_; }
  // Positions in the stream of bytes since the connect: of what was appended, and of what the
  // kernel has taken.
  [[nodiscard]] uint64_t appended() const { return flushed_ + unsent(); }
  [[nodiscard]] uint64_t flushed() const { return flushed_; }

  // What has come, valid until the next call; empty when nothing has.
  [[nodiscard]] absl::StatusOr<std::string_view> Read();

 private:
  absl::Status TryNextAddress(std::string why);
  void SetOptions() const;
  void Close();

  struct Free {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
  };
  std::unique_ptr<addrinfo, Free> addresses_;
  addrinfo* next_address_ = nullptr;
  int fd_ = -1;
  bool connecting_ = false;
  std::string out_;
  size_t sent_ = 0;  // of out_
  uint64_t flushed_ = 0;
  std::vector<char> in_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_SOCKET_H_
