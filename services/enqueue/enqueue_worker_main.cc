// The worker process: composition root.
#include <unistd.h>

#include <boost/asio/post.hpp>

#include "mesh/app/process.h"
#include "mesh/base/await_on.h"
#include "mesh/base/ids.h"
#include "mesh/base/reactors.h"
#include "mesh/redis/connection.h"
#include "services/enqueue/log_handler.h"
#include "services/enqueue/redis_work_source.h"
#include "services/enqueue/seed_work_source.h"
#include "services/enqueue/worker.h"

namespace trellis::enqueue {
namespace {

struct Settings {
  app::ProcessOptions process{.name = "enqueue-worker", .ops_addr = "127.0.0.1:9061"};
  redis::ConnectionOptions redis;
  std::string queue = "messages";
  std::string output_path = ".trellis/data/processed.log";
  milliseconds processing_delay{0};
  std::string consume_mode = "lease";
  milliseconds lease{2000};
  milliseconds reconnect_grace{300};
  WorkerOptions worker;
  int max_mib = 64;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("enqueue-worker", "Takes jobs from a queue and runs them.");
    table.AddAddress("redis-addr", "REDIS_ADDR", &redis.address, "Redis");
    table.AddSecret("redis-password", "REDIS_PASSWORD", &redis.password, "password for Redis");
    table.Add("queue", "QUEUE_NAME", &queue, "queue to work on: 1-64 of [A-Za-z0-9._-]");
    table.Add("output-path", "OUTPUT_PATH", &output_path, "file that gets a line for each job");
    table.Add("processing-delay", "PROCESSING_DELAY_MS", &processing_delay,
              "time that each job takes, to simulate slow work");
    table.Add("concurrency", "WORKER_CONCURRENCY", &worker.concurrency, 1, 10'000,
              "jobs in hand at a time (brpop: always 1)");
    table.Add("max-mib-in-hand", "WORKER_MAX_MIB", &max_mib, 1, 64 * 1024,
              "MiB of messages in hand at a time");
    table.AddChoice("consume-mode", "CONSUME_MODE", &consume_mode, {"lease", "brpop"},
                    "brpop loses what is in hand when the worker dies; for comparison only");
    table.Add("lease", "LEASE", &lease, "how long a silent worker keeps its jobs");
    table.Add("reconnect-grace", "RECONNECT_GRACE", &reconnect_grace,
              "how long a worker that lost its connection keeps them");
    table.Add("heartbeat", "HEARTBEAT", &worker.heartbeat, "how often the lease is renewed");
    table.Add("retry-base", "RETRY_BASE", &worker.retry.base,
              "backoff after the first failed run; doubles each time, with full jitter");
    table.Add("retry-cap", "RETRY_CAP", &worker.retry.cap, "longest backoff");
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    worker.bytes = static_cast<int64_t>(max_mib) << 20;
    if (!IsQueueName(queue)) {
      std::fprintf(stderr, "enqueue-worker: QUEUE_NAME: '%s' is not 1-64 of [A-Za-z0-9._-]\n",
                   queue.c_str());
      std::exit(2);
    }
    if (worker.heartbeat * 3 > lease) {
      std::fprintf(stderr, "enqueue-worker: LEASE must be at least three times HEARTBEAT\n");
      std::exit(2);
    }
  }
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  const base::SystemClock clock;
  base::Reactors reactors(1);
  const auto executor = reactors[0].get_executor();

  output::OutputLog log(settings.output_path,
                        [&process](const std::string& reason) { process.Abort(reason); });
  if (absl::Status status = log.Open(); !status.ok()) {
    process.Fail("OUTPUT_PATH: " + base::MessageOf(status));
  }
  LogHandler handler(log, clock, settings.processing_delay);

  char host[256] = "host";
  gethostname(host, sizeof(host) - 1);
  const std::string worker_id =
      std::string(host) + "-" + std::to_string(getpid()) + "-" + base::RandomHex(4);
  settings.redis.name = worker_id;
  process.readiness().Set("redis", false, "connecting to " + settings.redis.address);
  redis::Connection commands(executor, settings.redis);
  settings.redis.name = "";
  redis::Connection blocking(executor, settings.redis, redis::ConnectionMode::kBlocking);
  const std::string address = settings.redis.address;
  commands.set_on_change([&process, address](bool connected, const std::string& reason) {
    process.readiness().Set("redis", connected, connected ? "connected to " + address : reason);
  });

  std::unique_ptr<WorkSource> source;
  if (settings.consume_mode == "brpop") {
    settings.worker.concurrency = 1;
    source = std::make_unique<SeedWorkSource>(blocking, settings.queue);
  } else {
    source = std::make_unique<RedisWorkSource>(
        commands, blocking, clock,
        WorkSourceOptions{settings.queue, worker_id, settings.lease, settings.reconnect_grace});
  }
  WorkerMetrics metrics(process.metrics());
  Worker worker(executor, *source, handler, metrics, settings.worker);
  boost::asio::post(executor, [&worker] { worker.Start(); });
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    const bool ended = base::AwaitOn(executor, worker.Stop(deadline));
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::enqueue

int main(int argc, char** argv) { return trellis::enqueue::Main(argc, argv); }
