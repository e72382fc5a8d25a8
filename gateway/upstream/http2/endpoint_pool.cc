#include "gateway/upstream/http2/endpoint_pool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/ids.h"

namespace trellis::gateway::http2 {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr base::milliseconds kResolveAtMostEvery{1000};

}  // namespace

EndpointPool::EndpointPool(asio::any_io_executor executor, PoolOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      authority_(options_.target.host + ":" + std::to_string(options_.target.port)),
      resolve_timer_(executor_) {}

void EndpointPool::Start() {
  asio::co_spawn(
      executor_, [self = shared_from_this()] { return self->ResolveLoop(); }, asio::detached);
}

void EndpointPool::Close() {
  closed_ = true;
  resolve_timer_.cancel();
  for (const auto& [address, endpoint] : endpoints_) {
    if (endpoint->connection) endpoint->connection->Close("the gateway stops");
  }
  OnChange();
}

std::shared_ptr<Connection> EndpointPool::Pick() {
  for (size_t tried = 0; tried < usable_.size(); ++tried) {
    const auto& connection = usable_[next_++ % usable_.size()];
    // One that has just ended may stand here until Maintain gets its turn.
    if (connection->open()) return connection;
  }
  return nullptr;
}

asio::awaitable<absl::StatusOr<std::shared_ptr<Connection>>> EndpointPool::Wait(
    base::Deadline deadline) {
  const auto self = shared_from_this();
  asio::steady_timer change(executor_);
  for (;;) {
    if (auto connection = Pick()) co_return connection;
    if (!MayBecomeReady()) {
      co_return base::MakeStatus(absl::StatusCode::kUnavailable,
                                 "cannot reach " + authority_ + ": " + failure_);
    }
    if (deadline.Expired()) {
      co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                                 "no connection to " + authority_ + " within the deadline");
    }
    change.expires_at(deadline.time());
    waiting_.insert(&change);
    error_code ignored;
    co_await change.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    waiting_.erase(&change);
  }
}

asio::awaitable<void> EndpointPool::ResolveLoop() {
  const auto self = shared_from_this();
  tcp::resolver resolver(executor_);
  while (!closed_) {
    error_code error;
    const auto results =
        co_await resolver.async_resolve(options_.target.host, std::to_string(options_.target.port),
                                        asio::redirect_error(asio::use_awaitable, error));
    if (closed_) co_return;
    resolved_ = true;
    if (error) {
      failure_ = error.message();
      OnChange();
    } else {
      OnResolved({results.begin(), results.end()});
    }
    resolved_at_ = std::chrono::steady_clock::now();
    resolve_next_ = resolved_at_ + (error ? kResolveAtMostEvery : options_.resolve_interval);
    while (!closed_ && std::chrono::steady_clock::now() < resolve_next_) {
      resolve_timer_.expires_at(resolve_next_);
      co_await resolve_timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void EndpointPool::OnResolved(const std::set<tcp::endpoint>& addresses) {
  for (const tcp::endpoint& address : addresses) {
    auto& endpoint = endpoints_[address];
    if (endpoint) continue;
    endpoint = std::make_shared<Endpoint>();
    asio::co_spawn(
        executor_,
        [self = shared_from_this(), address, endpoint] {
          return self->Maintain(address, endpoint);
        },
        asio::detached);
  }
  for (const auto& [address, endpoint] : endpoints_) endpoint->gone = !addresses.contains(address);
  OnChange();
}

asio::awaitable<void> EndpointPool::Maintain(tcp::endpoint address,
                                             std::shared_ptr<Endpoint> endpoint) {
  const auto self = shared_from_this();
  asio::steady_timer pause(executor_);
  int attempt = 0;
  while (!closed_) {
    const auto connection = std::make_shared<Connection>(executor_, options_.connection);
    absl::Status status = co_await connection->Connect(address);
    endpoint->failing = !status.ok();
    if (status.ok()) {
      attempt = 0;
      endpoint->connection = connection;
      OnChange();
      status = co_await connection->Closing();
      endpoint->connection = nullptr;
    }
    if (!status.ok()) failure_ = base::MessageOf(status);
    // An address that is lost may have been replaced by another: look, but not too often.
    if (endpoint->gone || closed_) break;
    OnChange();
    resolve_next_ = std::min(resolve_next_, resolved_at_ + kResolveAtMostEvery);
    resolve_timer_.cancel();
    pause.expires_after(base::FullJitter(options_.reconnect, attempt++, base::RandomBits()));
    error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  endpoints_.erase(address);
  OnChange();
}

void EndpointPool::OnChange() {
  usable_.clear();
  for (const auto& [address, endpoint] : endpoints_) {
    if (endpoint->connection && !endpoint->gone) usable_.push_back(endpoint->connection);
  }
  ready_ = usable_.size();
  for (asio::steady_timer* waiting : waiting_) waiting->cancel();
}

bool EndpointPool::MayBecomeReady() const {
  if (closed_) return false;
  if (!resolved_) return true;
  for (const auto& [address, endpoint] : endpoints_) {
    if (!endpoint->failing) return true;
  }
  return false;
}

}  // namespace trellis::gateway::http2
