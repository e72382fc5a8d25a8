#include "tests/bench/post/grpc_connection.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

namespace trellis::bench {
namespace {

constexpr size_t kPrefix = 5;  // of a message: not compressed, its length
constexpr int kWindow = 16 * 1024 * 1024;

int Connect(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) Die("'" + address + "' is not host:port");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string host = address.substr(0, colon);
  if (getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found) != 0) {
    Die("'" + address + "' is not known");
  }
  const int fd = socket(found->ai_family, found->ai_socktype, 0);
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    Die("cannot reach " + address + ": " + std::strerror(errno));
  }
  freeaddrinfo(found);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

nghttp2_nv Header(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 only reads
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

// A call under way.
struct Stream {
  int caller = 0;
  std::string frame;  // the request with its prefix
  size_t sent = 0;
  std::string answer;  // likewise
  std::string status, message;
};

}  // namespace

void Die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

struct GrpcConnection::Impl {
  Impl(const std::string& its_address, std::string path, OnAnswer answered)
      : address(its_address),
        rpc_path(std::move(path)),
        on_answer(std::move(answered)),
        fd(Connect(address)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session_client_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 1);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kWindow);
  }
  ~Impl() {
    nghttp2_session_del(session);
    close(fd);
  }

  static Impl& Of(void* self) { return *static_cast<Impl*>(self); }

  static int OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                      void* self) {
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    if (!key.starts_with("grpc-")) return 0;
    const auto at = Of(self).streams.find(frame->hd.stream_id);
    if (at == Of(self).streams.end()) return 0;
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == "grpc-status") at->second->status = text;
    if (key == "grpc-message") at->second->message = text;
    return 0;
  }

  static int OnData(nghttp2_session* /*session*/, uint8_t /*flags*/, int32_t id,
                    const uint8_t* bytes, size_t size, void* self) {
    const auto at = Of(self).streams.find(id);
    if (at != Of(self).streams.end()) {
      at->second->answer.append(reinterpret_cast<const char*>(bytes), size);
    }
    return 0;
  }

  static int OnClose(nghttp2_session* /*session*/, int32_t id, uint32_t error, void* self) {
    Impl& impl = Of(self);
    const auto node = impl.streams.extract(id);
    if (node.empty()) return 0;
    const Stream& stream = *node.mapped();
    if (stream.status != "0" || stream.answer.size() < kPrefix) {
      Die("a call failed: status " + stream.status + " " + stream.message + ", HTTP/2 error " +
          std::to_string(error));
    }
    impl.on_answer(stream.caller, std::string_view(stream.answer).substr(kPrefix));
    return 0;
  }

  static ssize_t Read(nghttp2_session* /*session*/, int32_t /*id*/, uint8_t* to, size_t room,
                      uint32_t* flags, nghttp2_data_source* source, void* /*self*/) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const size_t size = std::min(room, stream.frame.size() - stream.sent);
    std::memcpy(to, stream.frame.data() + stream.sent, size);
    stream.sent += size;
    if (stream.sent == stream.frame.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  void Call(int caller, const std::string& message) {
    const nghttp2_nv headers[] = {
        Header(":method", "POST"), Header(":scheme", "http"),
        Header(":path", rpc_path), Header(":authority", address),
        Header("te", "trailers"),  Header("content-type", "application/grpc")};
    auto stream = std::make_unique<Stream>();
    stream->caller = caller;
    const auto size = static_cast<uint32_t>(message.size());
    stream->frame.push_back('\0');
    for (int shift = 24; shift >= 0; shift -= 8) {
      stream->frame.push_back(static_cast<char>(size >> shift));
    }
    stream->frame += message;
    nghttp2_data_provider body{};
    body.source.ptr = stream.get();
    body.read_callback = Read;
    const int32_t id =
        nghttp2_submit_request(session, nullptr, headers, std::size(headers), &body, nullptr);
    if (id < 0) Die(nghttp2_strerror(id));
    streams.emplace(id, std::move(stream));
  }

  void Flush() {
    std::string out;
    for (;;) {
      const uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session, &bytes);
      if (size < 0) Die(nghttp2_strerror(static_cast<int>(size)));
      if (size == 0) break;
      out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
    for (size_t at = 0; at < out.size();) {
      const ssize_t sent = send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
      if (sent < 0) Die(address + ": " + std::strerror(errno));
      at += static_cast<size_t>(sent);
    }
  }

  const std::string address;
  const std::string rpc_path;
  const OnAnswer on_answer;
  const int fd;
  nghttp2_session* session = nullptr;
  std::unordered_map<int32_t, std::unique_ptr<Stream>> streams;
  std::vector<uint8_t> chunk = std::vector<uint8_t>(256 * 1024);
};

GrpcConnection::GrpcConnection(const std::string& address, std::string rpc_path, OnAnswer on_answer)
    : impl_(std::make_unique<Impl>(address, std::move(rpc_path), std::move(on_answer))) {}

GrpcConnection::~GrpcConnection() = default;

void GrpcConnection::Call(int caller, const std::string& message) { impl_->Call(caller, message); }

void GrpcConnection::Turn() {
  impl_->Flush();
  const ssize_t size = recv(impl_->fd, impl_->chunk.data(), impl_->chunk.size(), 0);
  if (size <= 0) Die(impl_->address + " closed the connection");
  const ssize_t taken =
      nghttp2_session_mem_recv(impl_->session, impl_->chunk.data(), static_cast<size_t>(size));
  if (taken < 0) Die(nghttp2_strerror(static_cast<int>(taken)));
}

}  // namespace trellis::bench
