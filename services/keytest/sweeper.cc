#include "services/keytest/sweeper.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "mesh/base/failpoint.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

// While what it needs is away.
constexpr milliseconds kAwayPause{20};
// For SweeperOptions::only_when_woken.
constexpr milliseconds kForEver = std::chrono::hours(24);

}  // namespace

Sweeper::Sweeper(asio::any_io_executor executor, DeadlineBoard& board, EventStream& stream,
                 ConsumerMetrics& metrics, SweeperOptions options)
    : executor_(std::move(executor)),
      board_(board),
      stream_(stream),
      metrics_(metrics),
      options_(options),
      wakeup_(executor_),
      room_(executor_) {}

void Sweeper::Start() {
  running_ = true;
  asio::co_spawn(executor_, Loop(), asio::detached);
}

void Sweeper::Wake() {
  if (!knows_of_none_ && !options_.only_when_woken) return;
  knows_of_none_ = false;
  metrics_.wakes.Increment();
  wakeup_.Wake();
}

asio::awaitable<void> Sweeper::Loop() {
  while (!stopping_) {
    milliseconds pause = co_await Sweep();
    if (options_.only_when_woken && pause.count() > 0) pause = kForEver;
    if (pause.count() > 0 && !stopping_) co_await wakeup_.Wait(pause);
    while (under_way_ >= options_.max_under_way) co_await room_.Wait(options_.idle);
  }
  running_ = false;
}

asio::awaitable<milliseconds> Sweeper::Sweep() {
  if (!stream_.state().fine) co_return kAwayPause;
  absl::StatusOr<Claimed> claimed =
      co_await board_.Claim(options_.batch, Deadline::After(options_.claim_timeout));
  Report(claimed.status());
  if (!claimed.ok()) co_return kAwayPause;
  const size_t count = claimed->due.size() + claimed->hopeless.size();
  metrics_.claimed.Increment(static_cast<double>(count));
  if (count > 0) base::HitFailpoint("keytest.claimed");
  if (!claimed->due.empty()) {
    ++under_way_;
    asio::co_spawn(executor_, Publish(std::move(claimed->due)), asio::detached);
  }
  if (!claimed->hopeless.empty()) {
    ++under_way_;
    asio::co_spawn(executor_, GiveUp(std::move(claimed->hopeless)), asio::detached);
  }
  if (count == static_cast<size_t>(options_.batch)) co_return milliseconds(0);
  knows_of_none_ = claimed->next.count() < 0;
  if (knows_of_none_) co_return options_.idle;
  co_return std::clamp(claimed->next, options_.shortest, options_.pending);
}

asio::awaitable<void> Sweeper::Publish(std::vector<Event> events) {
  const Deadline deadline = Deadline::After(options_.publish_timeout);
  const std::vector<absl::Status> statuses = co_await stream_.Publish(events, deadline);
  base::HitFailpoint("keytest.published");
  std::vector<Event> published, failed;
  for (size_t i = 0; i < events.size(); ++i) {
    (statuses[i].ok() ? published : failed).push_back(std::move(events[i]));
  }
  metrics_.confirmed.Increment(static_cast<double>(published.size()));
  metrics_.unconfirmed.Increment(static_cast<double>(failed.size()));
  // Without it they are published again, which costs something but harms nothing.
  const Deadline confirm = Deadline::After(options_.publish_timeout);
  while (!confirm.Expired()) {
    const absl::Status status = co_await board_.Confirm(published, failed, confirm);
    if (status.ok()) break;
    co_await base::Sleep(kAwayPause);
  }
  base::HitFailpoint("keytest.confirmed");
  --under_way_;
  room_.Wake();
}

asio::awaitable<void> Sweeper::GiveUp(std::vector<Event> events) {
  const std::vector<absl::Status> statuses =
      co_await stream_.PublishDead(events, Deadline::After(options_.publish_timeout));
  base::HitFailpoint("keytest.given-up");
  std::vector<Event> dead;
  for (size_t i = 0; i < events.size(); ++i) {
    if (statuses[i].ok()) dead.push_back(std::move(events[i]));
  }
  // Those that it fails for are claimed again.
  const auto buried =
      co_await board_.Bury(std::move(dead), Deadline::After(options_.claim_timeout));
  if (buried.ok() && *buried > 0) {
    metrics_.dead.Increment(static_cast<double>(*buried));
    telemetry::Log(telemetry::Level::kError, "keys are given up: published and never recorded",
                   {{"keys", *buried}});
  }
  --under_way_;
  room_.Wake();
}

void Sweeper::Report(const absl::Status& status) {
  if (status.ok() != away_) return;
  away_ = !status.ok();
  if (away_) {
    telemetry::Log(telemetry::Level::kWarn, "due keys cannot be claimed",
                   {{"error", base::MessageOf(status)}});
  }
}

asio::awaitable<bool> Sweeper::Stop(Deadline deadline) {
  stopping_ = true;
  wakeup_.Wake();
  while ((running_ || under_way_ > 0) && !deadline.Expired()) {
    co_await base::Sleep(milliseconds(5));
  }
  co_return !running_ && under_way_ == 0;
}

}  // namespace trellis::keytest
