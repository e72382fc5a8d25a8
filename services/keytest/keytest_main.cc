// The service process, which also generates the keys: composition root.
#include <grpcpp/impl/codegen/service_type.h>

#include <boost/asio/post.hpp>

#include "mesh/app/process.h"
#include "mesh/base/await_on.h"
#include "mesh/base/ids.h"
#include "mesh/base/periodic.h"
#include "mesh/base/reactors.h"
#include "mesh/redis/connection.h"
#include "mesh/rpc/options.h"
#include "mesh/rpc/server.h"
#include "services/keytest/generator.h"
#include "services/keytest/keytest_service.h"
#include "services/keytest/redis_run_board.h"
#include "services/keytest/run_metrics.h"

namespace trellis::keytest {
namespace {

using base::milliseconds;

struct Settings {
  app::ProcessOptions process{.name = "keytest", .ops_addr = "127.0.0.1:9055"};
  rpc::ServerOptions server{.address = "127.0.0.1:50055"};
  rpc::RuntimeOptions runtime;
  redis::ConnectionOptions redis;
  KeyWriterOptions writer{.name = base::NewUuidV7()};
  GeneratorOptions generator;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("keytest", "The KeyTest service: writes keys that expire.");
    table.AddAddress("rpc-addr", "RPC_ADDR", &server.address, "where gRPC is served");
    table.AddAddress("redis-addr", "REDIS_ADDR", &redis.address, "Redis");
    table.AddSecret("redis-password", "REDIS_PASSWORD", &redis.password, "password for Redis");
    table.Add("generator-batch", "GENERATOR_BATCH", &generator.batch, 1, 1000,
              "keys written in one round trip at most");
    table.Add("generator-lease", "GENERATOR_LEASE", &writer.lease,
              "after this silence another process goes on generating");
    rpc::AddOptions(table, server, runtime);
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    if (writer.lease < milliseconds(300)) {
      std::fprintf(stderr, "keytest: GENERATOR_LEASE must be at least 300ms\n");
      std::exit(2);
    }
    redis.name = "keytest";
    redis.reconnect.cap = milliseconds(200);
  }
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  base::Reactors reactors(1);
  const auto executor = reactors[0].get_executor();

  redis::Connection redis(executor, settings.redis);
  const std::string address = settings.redis.address;
  process.readiness().Set("redis", false, "connecting to " + address);
  redis.set_on_change([&](bool connected, const std::string& reason) {
    process.readiness().Set("redis", connected, connected ? "connected to " + address : reason);
  });
  RedisRunBoard board(redis, settings.writer);
  Generator generator(executor, board, process.metrics(), settings.generator);
  RunMetrics run_metrics(process.metrics());
  const auto look = [&board, &run_metrics]() -> boost::asio::awaitable<bool> {
    const auto status = co_await board.Read(base::Deadline::After(milliseconds(1000)));
    if (status.ok()) run_metrics.Set(*status);
    co_return false;
  };
  base::Periodic looks(executor, milliseconds(1000), look);
  boost::asio::post(executor, [&] {
    generator.Start();
    looks.Start();
  });

  rpc::Runtime runtime(reactors, process.metrics(), settings.runtime);
  const std::unique_ptr<grpc::Service> service =
      MakeKeyTestService(runtime, board, [&generator] { generator.Wake(); });
  rpc::Server server(settings.server, {service.get()}, {kKeyTestServiceName});
  process.readiness().set_on_change([&server](bool ready) { server.SetServing(ready); });
  if (absl::Status status = server.Start(); !status.ok()) {
    process.Fail("RPC_ADDR: " + base::MessageOf(status));
  }
  process.LogListening("grpc", server.port());
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    server.Drain(deadline);
    bool ended = runtime.in_flight() == 0;
    ended = base::AwaitOn(executor, generator.Stop(deadline)) && ended;
    ended = base::AwaitOn(executor, looks.Stop(deadline)) && ended;
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::keytest

int main(int argc, char** argv) { return trellis::keytest::Main(argc, argv); }
