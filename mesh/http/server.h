#ifndef MESH_HTTP_SERVER_H_
#define MESH_HTTP_SERVER_H_

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/deadline.h"
#include "mesh/base/reactors.h"
#include "mesh/base/status.h"

namespace trellis::http {

struct Header {
  std::string_view name;
  std::string_view value;
};

// One request with its whole body. Views live until the handler returns.
struct Request {
  std::string_view method;
  std::string_view path;   // still percent-encoded
  std::string_view query;  // without '?'
  std::string_view body;
  std::vector<Header> headers;
  std::string remote;  // address of the peer

  // The first header of that name, in any case; empty when there is none.
  [[nodiscard]] std::string_view Find(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// How a handler answers: either Send once, or StartStream and then Write as often as it likes.
// Every call gives false when the client is gone (Write also when it has asked with HEAD). Used on
// the connection's reactor only.
class Responder {
 public:
  virtual ~Responder() = default;
  [[nodiscard]] virtual boost::asio::awaitable<bool> Send(Response response) = 0;
  // Chunked; `head.body` is ignored. The stream ends when the handler returns.
  [[nodiscard]] virtual boost::asio::awaitable<bool> StartStream(Response head) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<bool> Write(std::string_view bytes) = 0;
  // Called on the reactor, at most once and within some hundred milliseconds, when the client has
  // closed its connection while the handler is still at work.
  virtual void OnClientGone(std::function<void()> callback) = 0;
  // The reactor that this connection belongs to.
  [[nodiscard]] virtual size_t reactor() const = 0;
};

// Answers requests. Called on the reactors' threads, concurrently; must not block.
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual boost::asio::awaitable<void> Handle(const Request& request,
                                                            Responder& responder) = 0;
};

struct ServerOptions {
  std::string address = "127.0.0.1:8080";
  uint32_t header_limit = 16 * 1024;         // 431 beyond it
  uint64_t body_limit = 1024 * 1024;         // 413 beyond it
  int max_connections = 10'000;              // per server; further ones are closed at once
  base::milliseconds read_timeout{10'000};   // for one request to arrive whole
  base::milliseconds write_timeout{10'000};  // for the client to take a write
  base::milliseconds idle_timeout{60'000};   // between requests
};

// An HTTP/1.1 server (RFC 9112) with keep-alive, on the given reactors, each with a listening
// socket of its own (SO_REUSEPORT). What it refuses by itself (malformed, too large, too slow) is
// answered in the form of google.rpc.Status. Start and Stop from outside the reactors' threads.
class Server {
 public:
  Server(base::Reactors& reactors, ServerOptions options, Handler& handler);
  // Closes everything that is still open.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and accepts. The error names the address.
  [[nodiscard]] absl::Status Start();
  // The port it listens on, also when port 0 was asked for.
  [[nodiscard]] int port() const;
  // Stops accepting, lets requests under way end until the deadline, closes the rest. Blocks.
  void Drain(base::Deadline deadline);
  [[nodiscard]] int connections() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::http

#endif  // MESH_HTTP_SERVER_H_
