#include "mesh/http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

#include "mesh/base/options.h"
#include "mesh/http/impl/connection.h"
#include "mesh/http/impl/wire.h"

namespace trellis::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr base::milliseconds kSweepPeriod{200};
constexpr base::milliseconds kAcceptPause{50};
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

std::string_view Request::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (impl::EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return {};
}

class Server::Impl {
 public:
  Impl(base::Reactors& reactors, ServerOptions options, Handler& handler)
      : reactors_(reactors), options_(std::move(options)), handler_(handler) {}

  ~Impl() {
    if (ears_.empty()) return;
    Stop();
    OnEach([](Ear& ear) { impl::CloseAll(ear.shard); });
    // The coroutines end in the turns that follow the closing of their sockets.
    const base::Deadline patience = base::Deadline::After(base::milliseconds(2000));
    while (open_.load() > 0 && !patience.Expired()) OnEach([](Ear&) {});
    OnEach([](Ear& ear) {
      ear.sweep_timer.cancel();
      ear.accept_pause.cancel();
    });
    OnEach([](Ear&) {});
  }

  absl::Status Start() {
    const auto address = base::SplitAddress(options_.address);
    if (!address.ok()) return address.status();
    error_code error;
    tcp::resolver resolver(reactors_[0]);
    const auto found = resolver.resolve(address->host, std::to_string(address->port), error);
    if (error || found.empty()) return Failure("resolve", error);
    tcp::endpoint endpoint = found.begin()->endpoint();
    std::vector<std::unique_ptr<Ear>> ears;
    for (size_t i = 0; i < reactors_.size(); ++i) {
      auto ear = std::make_unique<Ear>(reactors_[i]);
      ear->shard.reactor = i;
      ear->shard.options = &options_;
      ear->shard.handler = &handler_;
      ear->shard.open = &open_;
      ear->acceptor.open(endpoint.protocol(), error);
      if (!error) ear->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
      // One server may not share a port with another, so the first socket is bound without
      // SO_REUSEPORT's help: bind() of a taken port must fail.
      if (!error && i == 0 && endpoint.port() != 0) error = ProbePort(endpoint);
      if (!error) ear->acceptor.set_option(ReusePort(true), error);
      if (!error) ear->acceptor.bind(endpoint, error);
      if (!error) ear->acceptor.listen(4096, error);
      if (error) return Failure("listen on", error);
      endpoint = ear->acceptor.local_endpoint();
      ears.push_back(std::move(ear));
    }
    port_ = endpoint.port();
    ears_ = std::move(ears);
    for (auto& ear : ears_) {
      asio::co_spawn(
          ear->executor, [this, &ear = *ear] { return Accept(ear); }, asio::detached);
      asio::co_spawn(
          ear->executor, [this, &ear = *ear] { return SweepLoop(ear); }, asio::detached);
    }
    return absl::OkStatus();
  }

  void Drain(base::Deadline deadline) {
    Stop();
    OnEach([](Ear& ear) {
      ear.shard.draining = true;
      impl::Sweep(ear.shard);
    });
    asio::io_context waiting;
    while (open_.load() > 0 && !deadline.Expired()) {
      asio::steady_timer(waiting, base::milliseconds(20)).wait();
      OnEach([](Ear& ear) { impl::Sweep(ear.shard); });
    }
    OnEach([](Ear& ear) { impl::CloseAll(ear.shard); });
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int connections() const { return open_.load(); }

 private:
  struct Ear {
    explicit Ear(asio::io_context& context)
        : executor(context.get_executor()),
          acceptor(context),
          sweep_timer(context),
          accept_pause(context) {}
    asio::io_context::executor_type executor;
    tcp::acceptor acceptor;
    asio::steady_timer sweep_timer;
    asio::steady_timer accept_pause;
    impl::Shard shard;
  };

  absl::Status Failure(std::string_view what, error_code error) const {
    return base::MakeStatus(
        absl::StatusCode::kUnavailable,
        std::string("cannot ").append(what) + " " + options_.address + ": " + error.message());
  }

  error_code ProbePort(const tcp::endpoint& endpoint) {
    error_code error;
    tcp::acceptor probe(reactors_[0]);
    probe.open(endpoint.protocol(), error);
    if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) probe.bind(endpoint, error);
    return error;
  }

  asio::awaitable<void> Accept(Ear& ear) {
    while (ear.acceptor.is_open()) {
      error_code error;
      tcp::socket socket =
          co_await ear.acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        // Out of descriptors, mostly: accepting again at once would spin.
        ear.accept_pause.expires_after(kAcceptPause);
        co_await ear.accept_pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;  // the server is being destroyed
        continue;
      }
      if (open_.fetch_add(1) >= options_.max_connections) {
        open_.fetch_sub(1);
        continue;
      }
      impl::Serve(std::move(socket), ear.shard);
    }
  }

  asio::awaitable<void> SweepLoop(Ear& ear) {
    error_code error;
    while (!error) {
      ear.sweep_timer.expires_after(kSweepPeriod);
      co_await ear.sweep_timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (!error) impl::Sweep(ear.shard);
    }
  }

  void Stop() {
    OnEach([](Ear& ear) {
      error_code ignored;
      ear.acceptor.close(ignored);
    });
  }

  // Runs `act` on each reactor's thread and waits for it.
  template <typename Act>
  void OnEach(Act act) {
    for (auto& ear : ears_) {
      // A reactor that has been stopped runs nothing any more: waiting for it would never end.
      if (ear->executor.context().stopped()) {
        act(*ear);
        continue;
      }
      std::promise<void> done;
      asio::post(ear->executor, [&] {
        act(*ear);
        done.set_value();
      });
      done.get_future().wait();
    }
  }

  base::Reactors& reactors_;
  const ServerOptions options_;
  Handler& handler_;
  std::vector<std::unique_ptr<Ear>> ears_;
  std::atomic<int> open_{0};
  int port_ = 0;
};

Server::Server(base::Reactors& reactors, ServerOptions options, Handler& handler)
    : impl_(std::make_unique<Impl>(reactors, std::move(options), handler)) {}
Server::~Server() = default;
absl::Status Server::Start() { return impl_->Start(); }
int Server::port() const { return impl_->port(); }
void Server::Drain(base::Deadline deadline) { impl_->Drain(deadline); }
int Server::connections() const { return impl_->connections(); }

}  // namespace trellis::http
