// Requests over the streams, as the weather service sends them, with nothing of RPC around it: its
// channel on one reactor, with the two Redis connections it has there. The other side is a real
// weather-worker.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>

#include "mesh/base/ids.h"
#include "mesh/base/reactors.h"
#include "mesh/base/sleep.h"
#include "mesh/telemetry/trace.h"
#include "services/weather/redis_request_channel.h"
#include "services/weather/weather_message.h"
#include "tests/bench/weather/closed_loop.h"

namespace trellis::bench {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

class Requester {
 public:
  Requester(asio::io_context& io, const Arguments& arguments)
      : io_(io),
        arguments_(arguments),
        channel_metrics_(metrics_),
        commands_(io.get_executor(), {.address = arguments.address, .name = "bench"}),
        blocking_(io.get_executor(), {.address = arguments.address, .name = "bench"},
                  redis::ConnectionMode::kBlocking),
        channel_(io.get_executor(), commands_, blocking_, channel_metrics_, Options()) {
    commands_.set_on_change([this](bool up, const std::string& /*reason*/) {
      if (up) channel_.OnConnected();
    });
  }

  asio::awaitable<void> Run() {
    channel_.Start();
    const base::Deadline patience = base::Deadline::After(kPatience);
    // The reader's connection has no sign of its own: a first call shows that all is there.
    while (!patience.Expired()) {
      const auto first = co_await Ask();
      if (first.ok()) {
        const auto forecasts = weather::DecodeForecasts(first->body);
        if (forecasts.ok()) expected_ = weather::EncodeForecasts(*forecasts);
        break;
      }
      co_await base::Sleep(base::milliseconds(20));
    }
    loop_.emplace(arguments_.Loop());
    running_ = loop_->callers();
    for (int i = 0; i < loop_->callers(); ++i) {
      asio::co_spawn(io_, Call(i), asio::detached);
    }
    while (running_ > 0) co_await base::Sleep(base::milliseconds(5));
    (void)co_await channel_.Stop(base::Deadline::After(kPatience));
    io_.stop();
  }

  [[nodiscard]] int Report() const { return loop_->Report(); }

 private:
  static weather::ChannelOptions Options() {
    weather::ChannelOptions options;
    options.send.reply_stream = "weather-responses:bench-" + base::RandomHex(4);
    return options;
  }

  weather::Async<weather::Reply> Ask() {
    weather::Request request;
    request.id = base::NewUuidV7();
    request.body = weather::EncodeQuery({kCity, kLocation, kDays});
    const auto trace = telemetry::TraceContext::ChildOf("");
    request.traceparent = trace.Format();
    request.request_id = trace.trace_id;
    co_return co_await channel_.Call(std::move(request), base::Deadline::After(kPatience));
  }

  asio::awaitable<void> Call(int caller) {
    for (Time start = steady_clock::now(); loop_->Goes(start);) {
      const auto reply = co_await Ask();
      const Time end = steady_clock::now();
      if (!reply.ok()) {
        loop_->Failed(caller, reply.status().ToString());
      } else if (expected_.empty() || !reply->body.starts_with(expected_)) {  // then come times
        loop_->Failed(caller, "another answer than before");
      } else {
        loop_->Succeeded(caller, start, end);
      }
      start = end;
    }
    --running_;
  }

  asio::io_context& io_;
  const Arguments arguments_;
  telemetry::Metrics metrics_;
  weather::ChannelMetrics channel_metrics_;
  redis::Connection commands_;
  redis::Connection blocking_;
  weather::RedisRequestChannel channel_;
  std::string expected_;
  std::optional<ClosedLoop> loop_;
  int running_ = 0;
};

int Main(int argc, char** argv) {
  const Arguments arguments = Arguments::ParseOrExit(argc, argv);
  // One thread, as the service's reactor has.
  asio::io_context io(1);
  Requester requester(io, arguments);
  asio::co_spawn(io, requester.Run(), asio::detached);
  io.run();
  return requester.Report();
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
