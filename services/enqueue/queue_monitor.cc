#include "services/enqueue/queue_monitor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <limits>

#include "mesh/base/sleep.h"

namespace trellis::enqueue {
namespace {

constexpr milliseconds kCallTimeout{1500};

telemetry::Gauge& Jobs(telemetry::Metrics& metrics, const std::string& queue, const char* state) {
  return metrics.AddGauge("trellis_queue_jobs", "Jobs of a queue, by state.",
                          {{"queue", queue}, {"state", state}});
}

}  // namespace

QueueMonitor::QueueMonitor(boost::asio::any_io_executor executor, JobQueue& queue, std::string name,
                           telemetry::Metrics& metrics, milliseconds period)
    : executor_(std::move(executor)),
      queue_(queue),
      name_(std::move(name)),
      period_(period),
      ready_(Jobs(metrics, name_, "ready")),
      scheduled_(Jobs(metrics, name_, "scheduled")),
      in_flight_(Jobs(metrics, name_, "in_flight")),
      retrying_(Jobs(metrics, name_, "retrying")),
      dead_(Jobs(metrics, name_, "dead")),
      oldest_age_(metrics.AddGauge("trellis_queue_oldest_age_seconds",
                                   "How long the next job has waited.", {{"queue", name_}})),
      workers_(
          metrics.AddGauge("trellis_queue_workers", "Workers that are alive.", {{"queue", name_}})),
      paused_(metrics.AddGauge("trellis_queue_paused", "1 while workers are to take no job.",
                               {{"queue", name_}})) {
  Show(absl::UnknownError("not asked yet"));
}

void QueueMonitor::Start() { boost::asio::co_spawn(executor_, Run(), boost::asio::detached); }

boost::asio::awaitable<void> QueueMonitor::Run() {
  while (true) {
    const absl::StatusOr<QueueStats> stats =
        co_await queue_.Stats(name_, base::Deadline::After(kCallTimeout));
    Show(stats);
    co_await base::Sleep(period_);
  }
}

void QueueMonitor::Show(const absl::StatusOr<QueueStats>& stats) {
  if (!stats.ok()) {
    for (telemetry::Gauge* const gauge : {&ready_, &scheduled_, &in_flight_, &retrying_, &dead_,
                                          &oldest_age_, &workers_, &paused_}) {
      gauge->Set(std::numeric_limits<double>::quiet_NaN());
    }
    return;
  }
  ready_.Set(static_cast<double>(stats->ready));
  scheduled_.Set(static_cast<double>(stats->scheduled));
  in_flight_.Set(static_cast<double>(stats->in_flight));
  retrying_.Set(static_cast<double>(stats->retrying));
  dead_.Set(static_cast<double>(stats->dead));
  const std::chrono::duration<double> age = stats->oldest_age.value_or(milliseconds(0));
  oldest_age_.Set(age.count());
  workers_.Set(stats->workers);
  paused_.Set(stats->paused ? 1 : 0);
}

}  // namespace trellis::enqueue
