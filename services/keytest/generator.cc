#include "services/keytest/generator.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "mesh/base/sleep.h"
#include "mesh/telemetry/log.h"

namespace trellis::keytest {

namespace asio = boost::asio;
using base::Deadline;
using base::milliseconds;

Generator::Generator(asio::any_io_executor executor, KeyWriter& writer, telemetry::Metrics& metrics,
                     GeneratorOptions options)
    : executor_(std::move(executor)),
      writer_(writer),
      options_(options),
      wakeup_(executor_),
      written_(metrics.AddCounter("trellis_keytest_keys_written_total",
                                  "Keys that this process has written.")),
      failures_(metrics.AddCounter("trellis_keytest_write_failures_total",
                                   "Batches of keys that could not be written at once.")) {}

void Generator::Start() {
  running_ = true;
  asio::co_spawn(executor_, Loop(), asio::detached);
}

asio::awaitable<void> Generator::Loop() {
  bool away = false;
  while (!stopping_) {
    const absl::StatusOr<KeyWriter::Wrote> wrote =
        co_await writer_.Write(options_.batch, Deadline::After(options_.call_timeout));
    if (wrote.ok() == away) {
      away = !wrote.ok();
      if (away) {
        telemetry::Log(telemetry::Level::kWarn, "keys cannot be written",
                       {{"error", base::MessageOf(wrote.status())}});
      }
    }
    milliseconds pause = options_.idle;
    if (!wrote.ok()) {
      failures_.Increment();
    } else {
      written_.Increment(wrote->keys);
      // Not longer, so that the lease is kept and a stop is noticed.
      if (wrote->next.count() >= 0) pause = std::min(wrote->next, options_.idle);
    }
    if (pause.count() > 0) co_await wakeup_.Wait(pause);
  }
  running_ = false;
}

asio::awaitable<bool> Generator::Stop(Deadline deadline) {
  stopping_ = true;
  wakeup_.Wake();
  while (running_ && !deadline.Expired()) co_await base::Sleep(milliseconds(5));
  co_return !running_;
}

}  // namespace trellis::keytest
