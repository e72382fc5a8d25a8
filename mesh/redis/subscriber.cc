#include "mesh/redis/subscriber.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trellis::redis {

namespace asio = boost::asio;
using base::Deadline;

// Owned by the Subscriber and by its coroutine, which outlives it by a turn.
class Subscriber::Impl : public std::enable_shared_from_this<Subscriber::Impl> {
 public:
  Impl(asio::any_io_executor executor, ConnectionOptions options, std::vector<std::string> channels,
       OnMessage on_message, OnChange on_change, base::milliseconds ping)
      : executor_(executor),
        patience_(options.stall_timeout),
        channels_(std::move(channels)),
        on_change_(std::move(on_change)),
        ping_(ping),
        timer_(executor),
        connection_(std::make_unique<Connection>(executor, std::move(options))) {
    connection_->set_on_push(std::move(on_message));
  }

  void Start() {
    connection_->set_on_change([this](bool connected, const std::string& reason) {
      if (!connected) return Lost(reason);
      asio::co_spawn(executor_, Keep(shared_from_this()), asio::detached);
    });
  }

  void Close() {
    on_change_ = nullptr;
    timer_.cancel();
    connection_.reset();
  }

  [[nodiscard]] bool subscribed() const { return subscribed_; }

 private:
  void Lost(const std::string& reason) {
    timer_.cancel();
    subscribed_ = false;
    if (on_change_) on_change_(false, reason);
  }

  // Subscribes, then asks for a sign of life now and then, until the connection is lost: an answer
  // that stays out makes the connection drop itself.
  static asio::awaitable<void> Keep(std::shared_ptr<Impl> self) {
    const uint64_t generation = self->connection_->generation();
    for (const std::string& channel : self->channels_) {
      Command subscribe("SUBSCRIBE", channel);
      const auto answer =
          co_await self->connection_->Execute(std::move(subscribe), self->Patience());
      if (!self->Holds(generation)) co_return;
      if (!answer.ok()) {
        // Such as an ACL that forbids the channel: no message will come, which the user is told.
        if (self->on_change_) self->on_change_(false, base::MessageOf(answer.status()));
        co_return;
      }
    }
    self->subscribed_ = true;
    if (self->on_change_) self->on_change_(true, "");
    while (self->Holds(generation)) {
      self->timer_.expires_after(self->ping_);
      boost::system::error_code ignored;
      co_await self->timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (!self->Holds(generation)) co_return;
      Command ping("PING");
      const auto answer = co_await self->connection_->Execute(std::move(ping), self->Patience());
      (void)answer;
    }
  }

  [[nodiscard]] bool Holds(uint64_t generation) const {
    return connection_ != nullptr && connection_->connected() &&
           connection_->generation() == generation;
  }
  // Beyond the time after which the connection takes itself for half-open.
  [[nodiscard]] Deadline Patience() const { return Deadline::After(patience_ * 2); }

  const asio::any_io_executor executor_;
  const base::milliseconds patience_;
  const std::vector<std::string> channels_;
  OnChange on_change_;
  const base::milliseconds ping_;
  asio::steady_timer timer_;
  std::unique_ptr<Connection> connection_;
  bool subscribed_ = false;
};

Subscriber::Subscriber(asio::any_io_executor executor, ConnectionOptions options,
                       std::vector<std::string> channels, OnMessage on_message, OnChange on_change,
                       base::milliseconds ping)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(channels),
                                   std::move(on_message), std::move(on_change), ping)) {
  impl_->Start();
}

Subscriber::~Subscriber() { impl_->Close(); }

bool Subscriber::subscribed() const { return impl_->subscribed(); }

}  // namespace trellis::redis
