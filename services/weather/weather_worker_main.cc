// The worker process: composition root.
#include <boost/asio/post.hpp>

#include "mesh/app/process.h"
#include "mesh/base/await_on.h"
#include "mesh/base/reactors.h"
#include "services/weather/forecast_handler.h"
#include "services/weather/model_provider.h"
#include "services/weather/redis_work_stream.h"
#include "services/weather/stream_settings.h"
#include "services/weather/worker.h"

namespace trellis::weather {
namespace {

struct Settings {
  app::ProcessOptions process{.name = "weather-worker", .ops_addr = "127.0.0.1:9163"};
  StreamSettings streams;
  std::string name = ProcessId();
  milliseconds processing_delay{0};
  milliseconds claim_idle{500};
  milliseconds consumer_ttl{60'000};
  WorkerOptions worker;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("weather-worker", "Answers the Weather service's requests.");
    streams.AddTo(table);
    table.Add("worker-name", "WORKER_NAME", &name,
              "consumer and servedBy; unique among the workers that run");
    table.Add("processing-delay", "PROCESSING_DELAY_MS", &processing_delay,
              "time that each forecast takes, to simulate slow work");
    table.Add("concurrency", "WORKER_CONCURRENCY", &worker.concurrency, 1, 10'000,
              "requests in hand at a time");
    table.Add("claim-idle", "CLAIM_IDLE", &claim_idle,
              "how long a silent worker keeps its requests");
    table.Add("max-deliveries", "MAX_DELIVERIES", &worker.max_deliveries, 1, 1000,
              "workers that may die over a request before it is answered with an error");
    table.Add("ignore-deadlines", "IGNORE_DEADLINES", &worker.ignore_deadlines,
              "run requests that nobody waits for any more, too; for comparison only");
    table.Add("consumer-ttl", "CONSUMER_TTL", &consumer_ttl,
              "how long a worker that is gone, with nothing pending, is remembered");
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    CheckNameOrExit("weather-worker", "REQUEST_STREAM", streams.request_stream);
    CheckNameOrExit("weather-worker", "CONSUMER_GROUP", streams.group);
    CheckNameOrExit("weather-worker", "WORKER_NAME", name);
    if (claim_idle < milliseconds(100)) Refuse("CLAIM_IDLE must be at least 100ms");
    if (consumer_ttl < milliseconds(5000)) Refuse("CONSUMER_TTL must be at least 5s");
    worker.renew = std::max(claim_idle / 4, milliseconds(25));
    worker.claim = claim_idle / 2;
  }

  [[noreturn]] static void Refuse(const char* what) {
    std::fprintf(stderr, "weather-worker: %s\n", what);
    std::exit(2);
  }
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  const base::SystemClock clock;
  base::Reactors reactors(1);
  const auto executor = reactors[0].get_executor();

  settings.streams.redis.name = settings.name;
  const std::string address = settings.streams.redis.address;
  redis::Connection commands(executor, settings.streams.redis);
  redis::Connection blocking(executor, settings.streams.redis, redis::ConnectionMode::kBlocking);
  // Ready with both: one to read, one to answer.
  const auto report = [&](const std::string& reason) {
    const bool ready = commands.connected() && blocking.connected();
    process.readiness().Set("redis", ready, ready ? "connected to " + address : reason);
  };
  const std::string connecting = "connecting to " + address;
  report(connecting);
  for (redis::Connection* const connection : {&commands, &blocking}) {
    connection->set_on_change([&](bool connected, const std::string& reason) {
      report(connected ? connecting : reason);
    });
  }

  RedisWorkStream stream(commands, blocking, clock,
                         {settings.streams.request_stream, settings.streams.group, settings.name,
                          settings.claim_idle, settings.consumer_ttl});
  ModelProvider provider(clock, settings.processing_delay);
  ForecastHandler handler(provider, clock);
  WorkerMetrics metrics(process.metrics());
  Worker worker(executor, stream, handler, clock, metrics, settings.worker);
  boost::asio::post(executor, [&worker] { worker.Start(); });
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    const bool ended = base::AwaitOn(executor, worker.Stop(deadline));
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::weather

int main(int argc, char** argv) { return trellis::weather::Main(argc, argv); }
