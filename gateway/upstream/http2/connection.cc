#include "gateway/upstream/http2/connection.h"

#include <netinet/tcp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace trellis::gateway::http2 {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kReadBytes = 64 * 1024;

absl::Status Unavailable(const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, why);
}

void SetSocketOptions(tcp::socket* socket, base::milliseconds timeout) {
  error_code ignored;
  socket->set_option(tcp::no_delay(true), ignored);
  socket->set_option(asio::socket_base::keep_alive(true), ignored);
  // A server that vanished is noticed soon: by what it does not acknowledge, or by probes.
  const int idle_s = 5, interval_s = 2, probes = 3;
  const int unacknowledged_ms = static_cast<int>(timeout.count());
  const int fd = socket->native_handle();
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof(unacknowledged_ms));
}

}  // namespace

Connection::Connection(asio::any_io_executor executor, ConnectionOptions options)
    : executor_(std::move(executor)),
      options_(options),
      socket_(executor_),
      closing_(executor_),
      keepalive_(executor_),
      deadline_(executor_),
      input_(kReadBytes) {}

asio::awaitable<absl::Status> Connection::Connect(tcp::endpoint endpoint) {
  const auto self = shared_from_this();
  asio::steady_timer timeout(executor_, options_.connect_timeout);
  timeout.async_wait([weak = weak_from_this()](error_code cancelled) {
    const auto connection = weak.lock();
    if (!cancelled && connection) connection->Close("no answer in time");
  });
  error_code error;
  co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  if (error && !closed_) Close(error.message());
  if (!closed_) {
    SetSocketOptions(&socket_, options_.ping_timeout);
    last_heard_ = std::chrono::steady_clock::now();
    asio::co_spawn(
        executor_, [self] { return self->ReadLoop(); }, asio::detached);
    ScheduleFlush();
  }
  while (!closed_ && !session_.greeted()) {
    closing_.expires_at(base::SteadyTime::max());
    co_await closing_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  timeout.cancel();
  if (closed_) co_return Unavailable(reason_);
  WatchSilence();
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> Connection::Closing() {
  const auto self = shared_from_this();
  while (!closed_ && !session_.draining()) {
    error_code ignored;
    closing_.expires_at(base::SteadyTime::max());
    co_await closing_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (closed_) co_return Unavailable(reason_);
  co_return absl::OkStatus();
}

absl::StatusOr<Session::CallId> Connection::Start(const CallHead& head, std::string body,
                                                  CallObserver* observer) {
  if (!open()) return Unavailable("the connection takes no more calls");
  auto id = session_.Start(head, std::move(body), observer);
  if (!id.ok()) closing_.cancel();
  ArmDeadline();
  ScheduleFlush();
  return id;
}

void Connection::Cancel(Session::CallId id) {
  session_.Cancel(id);  // also when closed: the observer may be gone when the calls fail
  ScheduleFlush();
}

void Connection::Resume(Session::CallId id) {
  if (closed_) return;
  session_.Resume(id);
  ScheduleFlush();
}

void Connection::Close(const std::string& reason) {
  if (std::exchange(closed_, true)) return;
  reason_ = reason;
  error_code ignored;
  socket_.close(ignored);
  keepalive_.cancel();
  deadline_.cancel();
  closing_.cancel();
  // Not inline: those who wait may own what is being torn down.
  asio::post(executor_, [self = shared_from_this()] {
    self->session_.Fail(Unavailable("the connection was lost: " + self->reason_));
  });
}

asio::awaitable<void> Connection::ReadLoop() {
  const auto self = shared_from_this();
  while (!closed_) {
    error_code error;
    const size_t size = co_await socket_.async_read_some(
        asio::buffer(input_), asio::redirect_error(asio::use_awaitable, error));
    if (closed_) co_return;
    if (error) {
      Close(error == asio::error::eof ? "the server closed it" : error.message());
      co_return;
    }
    last_heard_ = std::chrono::steady_clock::now();
    pinged_ = false;
    const bool greeted = session_.greeted(), draining = session_.draining();
    const absl::Status fed = session_.Feed({input_.data(), size});
    if (!fed.ok()) Close(base::MessageOf(fed));
    if (greeted != session_.greeted() || draining != session_.draining()) closing_.cancel();
    ScheduleFlush();
  }
}

void Connection::ScheduleFlush() {
  if (flushing_ || closed_) return;
  flushing_ = true;
  asio::post(executor_, [self = shared_from_this()] { self->Flush(); });
}

void Connection::Flush() {
  out_.clear();
  if (!closed_) session_.TakeOutput(&out_);
  if (out_.empty()) {
    flushing_ = false;
    return;
  }
  writing_.swap(out_);
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](error_code error, size_t /*written*/) {
                      if (error) self->Close(error.message());
                      self->Flush();
                    });
}

// Set for the first deadline only, and left as it is when that call ends earlier, as most do.
void Connection::ArmDeadline() {
  if (session_.next_deadline() >= armed_for_) return;
  armed_for_ = session_.next_deadline();
  deadline_.expires_at(armed_for_);
  deadline_.async_wait([weak = weak_from_this()](error_code cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self || self->closed_) return;
    self->armed_for_ = base::SteadyTime::max();
    self->session_.Expire(std::chrono::steady_clock::now());
    self->ArmDeadline();
    self->ScheduleFlush();
  });
}

void Connection::WatchSilence() {
  keepalive_.expires_after(pinged_ ? options_.ping_timeout : options_.keepalive / 2);
  keepalive_.async_wait([weak = weak_from_this()](error_code cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self) self->OnSilence();
  });
}

void Connection::OnSilence() {
  if (closed_) return;
  const auto silence = std::chrono::steady_clock::now() - last_heard_;
  if (session_.calls() > 0 && silence >= options_.keepalive) {
    if (std::exchange(pinged_, true)) return Close("the server is silent");
    session_.Ping();
    ScheduleFlush();
  }
  WatchSilence();
}

}  // namespace trellis::gateway::http2
