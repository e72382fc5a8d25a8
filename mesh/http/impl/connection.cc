#include "mesh/http/impl/connection.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "mesh/http/impl/wire.h"
#include "mesh/telemetry/log.h"

namespace trellis::http::impl {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using base::SteadyTime;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;

namespace {

constexpr size_t kReadChunk = 8 * 1024;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

// The response to a request that the parser refuses; nothing when the peer just went away.
std::optional<Response> Refusal(error_code code) {
  using beast::http::error;
  if (code == error::header_limit || code == error::buffer_overflow) {
    return ErrorResponse(431, "the request header is larger than the limit");
  }
  if (code == error::body_limit) {
    return ErrorResponse(413, "the request body is larger than the limit");
  }
  if (code == error::end_of_stream || code == error::partial_message) return std::nullopt;
  return ErrorResponse(400, "malformed HTTP request");
}

}  // namespace

class Connection final : public Responder, public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shard& shard) : socket_(std::move(socket)), shard_(shard) {
    shard_.connections.insert(this);
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    remote_ = socket_.remote_endpoint(ignored).address().to_string(ignored);
  }
  ~Connection() override {
    shard_.connections.erase(this);
    shard_.open->fetch_sub(1);
  }

  asio::awaitable<void> Run() {
    while (!closing_) {
      Expect(shard_.options->idle_timeout);
      idle_ = true;
      parser_.emplace();
      parser_->eager(true);
      parser_->header_limit(shard_.options->header_limit);
      parser_->body_limit(shard_.options->body_limit);
      const bool whole = co_await ReadRequest();
      if (!whole) break;
      Forever();
      co_await Answer();
      on_gone_ = nullptr;
    }
    Close();
  }

  asio::awaitable<bool> Send(Response response) override {
    answered_ = true;
    std::string bytes = Head(response, false, KeepAlive());
    if (!head_request_) bytes += response.body;
    co_return co_await WriteAll(bytes);
  }

  asio::awaitable<bool> StartStream(Response head) override {
    answered_ = true;
    streaming_ = true;
    // HTTP/1.0 knows no chunks: the end of the connection ends the body.
    chunked_ = parser_->get().version() >= 11;
    if (!chunked_) closing_ = true;
    std::string text = Head(head, true, KeepAlive());
    if (!chunked_) text.erase(text.find("Transfer-Encoding: chunked\r\n"), 28);
    co_return co_await WriteAll(text);
  }

  asio::awaitable<bool> Write(std::string_view bytes) override {
    if (bytes.empty()) co_return true;
    if (head_request_) co_return false;  // only the head is wanted
    std::string chunk;
    if (chunked_) chunk = Chunk(bytes);
    co_return co_await WriteAll(chunked_ ? std::string_view(chunk) : bytes);
  }

  void OnClientGone(std::function<void()> callback) override { on_gone_ = std::move(callback); }
  [[nodiscard]] size_t reactor() const override { return shard_.reactor; }

  void Sweep(SteadyTime now, bool draining) {
    if (draining) {
      closing_ = true;
      if (idle_) return Close();
    }
    if (now >= give_up_at_) {
      if (!idle_ && reading_) RefuseSlowRequest();
      return Close();
    }
    if (on_gone_ && PeerClosed()) TellGone();
  }

  void Close() {
    closing_ = true;
    error_code ignored;
    socket_.close(ignored);
    if (on_gone_) TellGone();
  }

 private:
  void Expect(base::milliseconds within) {
    give_up_at_ = std::chrono::steady_clock::now() + within;
  }
  void Forever() { give_up_at_ = SteadyTime::max(); }

  // The peer's half is closed, or the connection is broken. Bytes that wait mean that it lives.
  bool PeerClosed() {
    char byte = 0;
    const ssize_t n = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  void TellGone() {
    const std::function<void()> callback = std::exchange(on_gone_, nullptr);
    callback();
  }

  void RefuseSlowRequest() {
    const Response response = ErrorResponse(408, "the request did not arrive in time");
    const std::string bytes = Head(response, false, false) + response.body;
    (void)!send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  [[nodiscard]] bool KeepAlive() const {
    return !closing_ && !shard_.draining && parser_->get().keep_alive();
  }

  // Reads one whole request. False when the connection is to end.
  asio::awaitable<bool> ReadRequest() {
    bool continued = false;
    reading_ = true;
    for (;;) {
      error_code error;
      if (buffer_.size() > 0) {
        if (idle_) {
          idle_ = false;
          Expect(shard_.options->read_timeout);
        }
        buffer_.consume(parser_->put(buffer_.data(), error));
        if (error && error != beast::http::error::need_more) {
          std::optional<Response> refusal = Refusal(error);
          if (refusal) co_await SendRefusal(std::move(*refusal));
          co_return false;
        }
        if (parser_->is_done()) break;
        if (buffer_.size() >= shard_.options->header_limit && !parser_->is_header_done()) {
          co_await SendRefusal(*Refusal(beast::http::error::header_limit));
          co_return false;
        }
        if (!continued && parser_->is_header_done() && ExpectsContinue()) {
          continued = true;
          constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
          const bool written = co_await WriteAll(kContinue);
          if (!written) co_return false;
          Expect(shard_.options->read_timeout);
        }
      }
      const size_t n = co_await socket_.async_read_some(
          buffer_.prepare(kReadChunk), asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
      buffer_.commit(n);
    }
    reading_ = false;
    co_return true;
  }

  [[nodiscard]] bool ExpectsContinue() const {
    const auto& header = parser_->get();
    return EqualsIgnoreCase(View(header[beast::http::field::expect]), "100-continue");
  }

  // RFC 9112, 3.2: one and only one; HTTP/1.0 knew none.
  [[nodiscard]] bool HasItsHost() const {
    const auto& header = parser_->get();
    const size_t count = header.count(beast::http::field::host);
    return count == 1 || (count == 0 && header.version() < 11);
  }

  asio::awaitable<void> SendRefusal(Response response) {
    closing_ = true;
    const std::string bytes = Head(response, false, false) + response.body;
    const bool written = co_await WriteAll(bytes);
    if (!written) co_return;
    // What the peer is still sending must be taken, or the reset that answers it could overtake
    // our response.
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    Expect(base::milliseconds(1000));
    for (size_t taken = 0; !error && taken < 4 * shard_.options->body_limit;) {
      taken += co_await socket_.async_read_some(asio::buffer(buffer_.prepare(kReadChunk)),
                                                asio::redirect_error(asio::use_awaitable, error));
    }
  }

  asio::awaitable<void> Answer() {
    const auto& message = parser_->get();
    Request request;
    request.method = View(message.method_string());
    const bool understood = SplitTarget(View(message.target()), &request.path, &request.query);
    if (!understood || !HasItsHost()) {
      co_await SendRefusal(
          ErrorResponse(400, understood ? "the request must have one Host header"
                                        : "the request target is neither a path nor an http URL"));
      co_return;
    }
    request.body = message.body();
    request.remote = remote_;
    for (const auto& field : message) {
      request.headers.push_back({View(field.name_string()), View(field.value())});
    }
    head_request_ = request.method == "HEAD";
    answered_ = streaming_ = false;
    if (!message.keep_alive()) closing_ = true;
    bool failed = false;
    try {
      co_await shard_.handler->Handle(request, *this);
      on_gone_ = nullptr;  // it refers to what the handler had
    } catch (const std::exception& error) {
      failed = true;
      on_gone_ = nullptr;
      telemetry::Log(telemetry::Level::kError, "request handler failed",
                     {{"error", error.what()}, {"path", request.path}});
    }
    if (!answered_) {
      co_await Send(ErrorResponse(500, "internal error"));
    } else if (streaming_ && failed) {
      Close();  // the missing last chunk tells the client that the stream is broken
    } else if (streaming_ && chunked_ && !head_request_) {
      const std::string end = Chunk("");
      co_await WriteAll(end);
    }
  }

  asio::awaitable<bool> WriteAll(std::string_view bytes) {
    Expect(shard_.options->write_timeout);
    error_code error;
    co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()),
                               asio::redirect_error(asio::use_awaitable, error));
    Forever();
    if (error) closing_ = true;
    co_return !error;
  }

  tcp::socket socket_;
  Shard& shard_;
  std::string remote_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::function<void()> on_gone_;
  SteadyTime give_up_at_ = SteadyTime::max();
  bool idle_ = true;  // nothing of a request has arrived
  bool reading_ = false;
  bool closing_ = false;  // no further request
  bool answered_ = false;
  bool streaming_ = false;
  bool chunked_ = false;
  bool head_request_ = false;
};

void Serve(tcp::socket socket, Shard& shard) {
  const auto executor = socket.get_executor();
  auto connection = std::make_shared<Connection>(std::move(socket), shard);
  asio::co_spawn(
      executor, [connection]() { return connection->Run(); }, asio::detached);
}

void Sweep(Shard& shard) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const std::vector<Connection*> all(shard.connections.begin(), shard.connections.end());
  for (Connection* connection : all) connection->Sweep(now, shard.draining);
}

void CloseAll(Shard& shard) {
  const std::vector<Connection*> all(shard.connections.begin(), shard.connections.end());
  for (Connection* connection : all) connection->Close();
}

}  // namespace trellis::http::impl
