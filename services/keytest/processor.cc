#include "services/keytest/processor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <map>
#include <utility>

#include "mesh/base/failpoint.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

namespace {

constexpr milliseconds kAwaitEvents{1000};
// While what it needs is away.
constexpr milliseconds kAwayPause{20};

std::vector<Event> EventsOf(const std::vector<Delivery>& deliveries) {
  std::vector<Event> events;
  events.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) events.push_back(delivery.event);
  return events;
}

}  // namespace

Processor::Processor(asio::any_io_executor executor, EventStream& stream, DeadlineBoard& board,
                     ExpiryHandler& handler, ConsumerMetrics& metrics, ProcessorOptions options)
    : executor_(std::move(executor)),
      stream_(stream),
      board_(board),
      handler_(handler),
      metrics_(metrics),
      options_(options),
      room_(executor_) {}

void Processor::Start() {
  running_ = true;
  asio::co_spawn(executor_, Loop(), asio::detached);
}

asio::awaitable<void> Processor::Loop() {
  while (!gave_up_) {
    absl::StatusOr<std::vector<Delivery>> deliveries =
        co_await stream_.Next(options_.batch, Deadline::After(kAwaitEvents));
    if (!deliveries.ok()) {
      if (stopping_) break;
      // Who was cancelled before it was told to stop must not spin.
      if (absl::IsCancelled(deliveries.status())) co_await base::Sleep(kAwayPause);
      continue;
    }
    ++under_way_;
    asio::co_spawn(executor_, Finish(*std::move(deliveries)), asio::detached);
    while (under_way_ >= options_.max_under_way && !gave_up_) co_await room_.Wait(kAwaitEvents);
  }
  running_ = false;
}

asio::awaitable<void> Processor::Finish(std::vector<Delivery> deliveries) {
  const base::SteadyTime start = std::chrono::steady_clock::now();
  while (!deliveries.empty() && !gave_up_) {
    deliveries = co_await FinishButThoseAway(std::move(deliveries));
    if (!deliveries.empty()) co_await base::Sleep(kAwayPause);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  metrics_.handler.Observe(took.count());
  --under_way_;
  room_.Wake();
}

asio::awaitable<std::vector<Delivery>> Processor::FinishButThoseAway(
    std::vector<Delivery> deliveries) {
  const std::vector<Event> events = EventsOf(deliveries);
  const std::vector<absl::Status> statuses = co_await Handle(events);
  std::map<std::string, std::vector<Delivery>> done, dead;  // by run
  std::vector<Delivery> away;
  for (size_t i = 0; i < deliveries.size(); ++i) {
    Delivery& delivery = deliveries[i];
    if (statuses[i].ok()) {
      done[events[i].run_id].push_back(std::move(delivery));
      continue;
    }
    if (absl::IsUnavailable(statuses[i])) {
      if (!std::exchange(handler_waits_, true)) {
        telemetry::Log(telemetry::Level::kWarn, "the handler lacks what it needs; events wait",
                       {{"key", events[i].n}, {"error", base::MessageOf(statuses[i])}});
      }
      away.push_back(std::move(delivery));
      continue;
    }
    const bool last = delivery.attempt >= kMaxAttempts;
    telemetry::Log(telemetry::Level::kWarn, last ? "event is dead" : "event failed",
                   {{"key", events[i].n},
                    {"attempt", delivery.attempt},
                    {"error", base::MessageOf(statuses[i])}});
    if (last) {
      dead[events[i].run_id].push_back(std::move(delivery));
    } else {
      ++waiting_;
      asio::co_spawn(executor_, Retry(std::move(delivery)), asio::detached);
    }
  }
  if (away.empty()) handler_waits_ = false;
  if (away.size() < deliveries.size()) base::HitFailpoint("keytest.handled");
  for (auto& [run, of_run] : done) co_await Record(std::move(of_run));
  for (auto& [run, of_run] : dead) co_await Bury(std::move(of_run));
  co_return away;
}

asio::awaitable<std::vector<absl::Status>> Processor::Handle(const std::vector<Event>& events) {
  std::string thrown;
  try {
    std::vector<absl::Status> statuses = co_await handler_.Handle(events);
    statuses.resize(events.size(), absl::InternalError("the handler said nothing of it"));
    co_return statuses;
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  co_return std::vector(
      events.size(), base::MakeStatus(absl::StatusCode::kInternal, "the handler threw: " + thrown));
}

asio::awaitable<void> Processor::Record(std::vector<Delivery> deliveries) {
  while (!gave_up_) {
    const auto lateness =
        co_await board_.Record(EventsOf(deliveries), Deadline::After(options_.call_timeout));
    if (!lateness.ok()) {
      co_await base::Sleep(kAwayPause);
      continue;
    }
    base::HitFailpoint("keytest.recorded");
    int counted = 0;
    for (const milliseconds late : *lateness) {
      if (late.count() < 0) continue;
      ++counted;
      metrics_.lateness.Observe(std::chrono::duration<double>(late).count());
    }
    metrics_.consumed.Increment(counted);
    metrics_.duplicate.Increment(static_cast<double>(deliveries.size()) - counted);
    stream_.Ack(deliveries);
    base::HitFailpoint("keytest.acked");
    co_return;
  }
}

asio::awaitable<void> Processor::Retry(Delivery delivery) {
  const Deadline at = Deadline::After(options_.retry_delay);
  while (!stopping_ && !at.Expired()) {
    co_await base::Sleep(std::min(at.Remaining() + milliseconds(1), milliseconds(50)));
  }
  metrics_.retried.Increment();
  stream_.Retry(delivery);
  base::HitFailpoint("keytest.given-back");
  --waiting_;
}

asio::awaitable<void> Processor::Bury(std::vector<Delivery> deliveries) {
  const std::vector<Event> events = EventsOf(deliveries);
  // First the dead-letter queue, then the count, then the ack: who dies in between does it again,
  // so that what counts as dead can be found there.
  std::vector<Event> left = events;
  while (!left.empty() && !gave_up_) {
    const std::vector<absl::Status> statuses =
        co_await stream_.PublishDead(left, Deadline::After(options_.call_timeout));
    std::vector<Event> failed;
    for (size_t i = 0; i < left.size(); ++i) {
      if (!statuses[i].ok()) failed.push_back(std::move(left[i]));
    }
    left = std::move(failed);
    if (!left.empty()) co_await base::Sleep(kAwayPause);
  }
  base::HitFailpoint("keytest.dead-published");
  while (!gave_up_) {
    const auto buried = co_await board_.Bury(events, Deadline::After(options_.call_timeout));
    if (buried.ok()) {
      base::HitFailpoint("keytest.buried");
      metrics_.dead.Increment(static_cast<double>(*buried));
      stream_.Ack(deliveries);
      co_return;
    }
    co_await base::Sleep(kAwayPause);
  }
}

asio::awaitable<bool> Processor::Stop(Deadline deadline) {
  stopping_ = true;
  const auto busy = [this] { return running_ || under_way_ > 0 || waiting_ > 0; };
  while (busy() && !deadline.Expired()) co_await base::Sleep(milliseconds(5));
  gave_up_ = true;
  room_.Wake();
  // Those that wait for something notice it within their call.
  const Deadline grace = Deadline::After(options_.call_timeout);
  while (busy() && !grace.Expired()) co_await base::Sleep(milliseconds(5));
  co_return !busy();
}

}  // namespace trellis::keytest
