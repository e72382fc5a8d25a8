#include "services/keytest/expiry_events.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"
#include "services/keytest/event_codec.h"
#include "services/keytest/lua_scripts.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr char kExpiredChannel[] = "__keyevent@0__:expired";
constexpr char kFlags[] = "notify-keyspace-events";
constexpr milliseconds kPatience{2000};
constexpr milliseconds kAwayPause{50};

}  // namespace

std::string WithExpiredEvents(std::string_view flags) {
  std::string wanted(flags);
  if (flags.find('E') == std::string_view::npos) wanted += 'E';
  // A stands for all kinds of events, x for those of expiry.
  if (flags.find_first_of("xA") == std::string_view::npos) wanted += 'x';
  return wanted;
}

ExpiryEvents::ExpiryEvents(const asio::any_io_executor& executor, redis::ConnectionOptions options,
                           redis::Client& commands, ConsumerMetrics& metrics,
                           std::function<void()> wake,
                           std::function<void(bool, const std::string&)> on_change)
    : executor_(executor),
      commands_(commands),
      metrics_(metrics),
      wake_(std::move(wake)),
      subscriber_(
          executor, std::move(options), {kExpiredChannel, kWakeChannel},
          [this](std::string_view channel, std::string_view message) {
            OnMessage(channel, message);
          },
          [this, report = std::move(on_change)](bool subscribed, const std::string& reason) {
            metrics_.subscribed.Set(subscribed ? 1 : 0);
            report(subscribed, reason);
            ++subscription_;
            if (!subscribed) return;
            asio::co_spawn(executor_, EnableNotifications(subscription_), asio::detached);
            wake_();
          }) {}

void ExpiryEvents::OnMessage(std::string_view channel, std::string_view message) {
  if (channel == kExpiredChannel) {
    if (!KeyNumber(message)) return;
    metrics_.expired_heard.Increment();
  }
  wake_();
}

asio::awaitable<void> ExpiryEvents::EnableNotifications(int subscription) {
  absl::Status status = co_await TryToEnable();
  // The connection for commands may come later than the subscriber's: that is no refusal.
  while (subscription == subscription_ &&
         (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status))) {
    co_await base::Sleep(kAwayPause);
    status = co_await TryToEnable();
  }
  if (subscription != subscription_) co_return;
  metrics_.notifications.Set(status.ok() ? 1 : 0);
  if (!status.ok() && !told_) {
    telemetry::Log(telemetry::Level::kWarn,
                   "Redis may not tell of expired keys: sweeps alone do the work",
                   {{"setting", kFlags}, {"error", base::MessageOf(status)}});
  }
  told_ = !status.ok();
}

asio::awaitable<absl::Status> ExpiryEvents::TryToEnable() {
  redis::Command get("CONFIG", "GET", kFlags);
  const auto answer = co_await commands_.Execute(std::move(get), Deadline::After(kPatience));
  if (!answer.ok()) co_return answer.status();
  const std::string flags((*answer)[1].Text());
  const std::string wanted = WithExpiredEvents(flags);
  if (wanted == flags) co_return absl::OkStatus();
  redis::Command set("CONFIG", "SET", kFlags, wanted);
  const auto done = co_await commands_.Execute(std::move(set), Deadline::After(kPatience));
  co_return done.status();
}

}  // namespace trellis::keytest
