#include "mesh/postgres/listener.h"

#include <sys/socket.h>

#include <mutex>
#include <thread>

#include "mesh/base/backoff.h"
#include "mesh/base/ids.h"
#include "mesh/postgres/impl/connection.h"

namespace trellis::postgres {

using base::Deadline;
using impl::Connection;

class Listener::Impl {
 public:
  Impl(std::string url, std::string channel, std::function<void()> on_notify)
      : target_{std::move(url), "listener", base::milliseconds(2000)},
        channel_(std::move(channel)),
        on_notify_(std::move(on_notify)),
        thread_([this] { Loop(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      stop_.Set();
      // The LISTEN may be waiting for a server that does not answer.
      if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
    }
    thread_.join();
  }

 private:
  // The destructor may shut the socket down for as long as this lives, which is within the
  // connection's life.
  class Registration {
   public:
    Registration(Impl* impl, int socket) : impl_(impl) { impl_->SetSocket(socket); }
    ~Registration() { impl_->SetSocket(-1); }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    Impl* const impl_;
  };

  void Loop() {
    int attempt = 0;
    while (!stopping()) {
      try {
        Connection connection(target_, stop_);
        attempt = 0;
        const Registration registration(this, connection.shutdown_socket());
        Listen(&connection);
      } catch (const std::exception&) {
        // No connection: that it comes back is all that matters here.
      }
      [[maybe_unused]] const impl::Woken woken = impl::Wait(
          -1, impl::For::kRead, stop_,
          Deadline::After(base::FullJitter(impl::kReconnect, attempt++, base::RandomBits())));
    }
  }

  // Until the connection is lost or it is to stop.
  void Listen(Connection* connection) {
    PGconn* const handle = connection->handle();
    const std::string listen = "LISTEN " + connection->quote_name(channel_);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(handle, listen.c_str()),
                                                               PQclear);
    const bool heard = PQresultStatus(result.get()) == PGRES_COMMAND_OK;
    if (heard) on_notify_();
    while (heard && !stopping() && connection->Clean()) {
      const impl::Woken woken =
          impl::Wait(PQsocket(handle), impl::For::kRead, stop_, Deadline::Infinite());
      if (!woken.socket) continue;
      if (PQconsumeInput(handle) == 0) break;
      if (TakeNotifications(handle)) on_notify_();
    }
  }

  // Many are one hint.
  static bool TakeNotifications(PGconn* handle) {
    bool any = false;
    while (PGnotify* notification = PQnotifies(handle)) {
      PQfreemem(notification);
      any = true;
    }
    return any;
  }

  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  void SetSocket(int socket) {
    const std::lock_guard lock(mutex_);
    socket_ = socket;
    if (stopping_ && socket >= 0) shutdown(socket, SHUT_RDWR);
  }

  const impl::Target target_;
  const std::string channel_;
  const std::function<void()> on_notify_;
  const impl::Event stop_;
  std::mutex mutex_;
  bool stopping_ = false;
  int socket_ = -1;
  std::thread thread_;
};

Listener::Listener(std::string url, std::string channel, std::function<void()> on_notify)
    : impl_(std::make_unique<Impl>(std::move(url), std::move(channel), std::move(on_notify))) {}

Listener::~Listener() = default;

}  // namespace trellis::postgres
