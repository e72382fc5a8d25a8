// The service process: composition root.
#include <grpcpp/impl/codegen/service_type.h>

#include "mesh/app/process.h"
#include "mesh/base/reactors.h"
#include "mesh/redis/connection.h"
#include "mesh/rpc/options.h"
#include "mesh/rpc/server.h"
#include "services/enqueue/enqueue_service.h"
#include "services/enqueue/queue_monitor.h"
#include "services/enqueue/redis_job_queue.h"

namespace trellis::enqueue {
namespace {

struct Settings {
  app::ProcessOptions process{.name = "enqueue", .ops_addr = "127.0.0.1:9051"};
  rpc::ServerOptions server;
  rpc::RuntimeOptions runtime;
  redis::ConnectionOptions redis;
  std::string queue = "messages";
  int depth_limit = 10'000'000;
  int reactors = 1;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("enqueue", "The Enqueue service: a job queue on Redis, over gRPC.");
    table.AddAddress("rpc-addr", "RPC_ADDR", &server.address, "where gRPC is served");
    table.AddAddress("redis-addr", "REDIS_ADDR", &redis.address, "Redis");
    table.AddSecret("redis-password", "REDIS_PASSWORD", &redis.password, "password for Redis");
    table.Add("queue", "QUEUE_NAME", &queue, "queue of requests that name none");
    table.Add("depth-limit", "QUEUE_DEPTH_LIMIT", &depth_limit, 1, 1'000'000'000,
              "ready and scheduled jobs that a queue may hold");
    table.Add("reactors", "REACTORS", &reactors, 1, 64,
              "event loops, a thread and a Redis "
              "connection each");
    rpc::AddOptions(table, server, runtime);
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    if (!IsQueueName(queue)) {
      std::fprintf(stderr, "enqueue: QUEUE_NAME: '%s' is not 1-64 of [A-Za-z0-9._-]\n",
                   queue.c_str());
      std::exit(2);
    }
  }
};

// What one reactor has of its own.
struct PerReactor {
  PerReactor(boost::asio::any_io_executor executor, const Settings& settings,
             const base::Clock& clock)
      : connection(executor, settings.redis), queue(connection, clock, settings.depth_limit) {}
  redis::Connection connection;
  RedisJobQueue queue;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  const base::SystemClock clock;
  base::Reactors reactors(settings.reactors);

  std::vector<std::unique_ptr<PerReactor>> shards;
  std::vector<JobQueue*> queues;
  settings.redis.name = "enqueue";
  for (size_t i = 0; i < reactors.size(); ++i) {
    shards.push_back(std::make_unique<PerReactor>(reactors[i].get_executor(), settings, clock));
    queues.push_back(&shards.back()->queue);
    const std::string dependency = i == 0 ? "redis" : "redis-" + std::to_string(i);
    process.readiness().Set(dependency, false, "connecting to " + settings.redis.address);
    shards.back()->connection.set_on_change(
        [&process, dependency, &settings](bool connected, const std::string& reason) {
          process.readiness().Set(dependency, connected,
                                  connected ? "connected to " + settings.redis.address : reason);
        });
  }

  rpc::Runtime runtime(reactors, process.metrics(), settings.runtime);
  const std::unique_ptr<grpc::Service> service =
      MakeEnqueueService(runtime, queues, settings.queue);
  rpc::Server server(settings.server, {service.get()}, {kEnqueueServiceName});
  process.readiness().set_on_change([&server](bool ready) { server.SetServing(ready); });
  if (absl::Status status = server.Start(); !status.ok()) {
    process.Fail("RPC_ADDR: " + base::MessageOf(status));
  }
  process.LogListening("grpc", server.port());
  QueueMonitor monitor(reactors[0].get_executor(), *queues[0], settings.queue, process.metrics());
  monitor.Start();
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    server.Drain(deadline);
    reactors.Stop();
    return runtime.in_flight() == 0;
  });
}

}  // namespace
}  // namespace trellis::enqueue

int main(int argc, char** argv) { return trellis::enqueue::Main(argc, argv); }
