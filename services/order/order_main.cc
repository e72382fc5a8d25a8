// The service process: composition root.
#include <grpcpp/impl/codegen/service_type.h>

#include <boost/asio/post.hpp>

#include "mesh/base/await_on.h"
#include "mesh/rpc/options.h"
#include "mesh/rpc/server.h"
#include "services/order/dependencies.h"
#include "services/order/housekeeper.h"
#include "services/order/order_service.h"
#include "services/order/postgres_cancel_intents.h"
#include "services/order/postgres_idempotency_keys.h"
#include "services/order/postgres_order_audit.h"
#include "services/order/postgres_order_store.h"
#include "services/order/redis_notification_ledger.h"
#include "services/order/redis_order_traces.h"
#include "services/order/redis_stock.h"

namespace trellis::order {
namespace {

struct Settings {
  app::ProcessOptions process{.name = "order", .ops_addr = "127.0.0.1:9052"};
  rpc::ServerOptions server{.address = "127.0.0.1:50052"};
  rpc::RuntimeOptions runtime;
  DependencySettings dependencies;
  RelayOptions relay;
  HousekeepingOptions housekeeping;
  int reactors = 1;

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("order", "The Order service: accepts orders, over gRPC.");
    table.AddAddress("rpc-addr", "RPC_ADDR", &server.address, "where gRPC is served");
    dependencies.AddTo(table);
    table.Add("outbox-lease", "OUTBOX_LEASE", &relay.lease,
              "how long a message has a publisher of its own before others take it");
    table.Add("idempotency-key-ttl", "IDEMPOTENCY_KEY_TTL", &housekeeping.key_lifetime,
              "how long an Idempotency-Key is remembered, at least");
    table.Add("reactors", "REACTORS", &reactors, 1, 64, "event loops, a thread each");
    rpc::AddOptions(table, server, runtime);
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
    if (housekeeping.key_lifetime < base::milliseconds(1000)) {
      std::fprintf(stderr, "order: IDEMPOTENCY_KEY_TTL must be at least 1s\n");
      std::exit(2);
    }
    housekeeping.purge_period = std::min(housekeeping.purge_period, housekeeping.key_lifetime);
  }
};

// What all reactors share.
struct Shared {
  explicit Shared(Dependencies& dependencies)
      : store(dependencies.postgres()),
        audit(dependencies.postgres()),
        intents(dependencies.postgres()),
        keys(dependencies.postgres()),
        dead_messages(dependencies.getter(), dependencies.publisher()) {}
  PostgresOrderStore store;
  PostgresOrderAudit audit;
  PostgresCancelIntents intents;
  PostgresIdempotencyKeys keys;
  DeadMessages dead_messages;
  base::SystemClock clock;
};

// What one reactor has of its own.
struct PerReactor {
  PerReactor(boost::asio::any_io_executor executor, Shared& shared, Dependencies& dependencies,
             size_t reactor, app::Process& process, const Settings& settings)
      : seen(dependencies.redis(reactor)),
        stock(dependencies.redis(reactor)),
        ledger(dependencies.redis(reactor), base::milliseconds(0)),
        traces(dependencies.redis(reactor)),
        relay(executor, shared.store, dependencies.publisher(), process.metrics(), settings.relay),
        cancelling(shared.intents, traces, stock, shared.store),
        reconciler({shared.audit, traces, shared.store, stock, cancelling, shared.clock},
                   process.metrics()) {}
  SeenOrders seen;
  RedisStock stock;
  RedisNotificationLedger ledger;
  RedisOrderTraces traces;
  OutboxRelay relay;
  Cancelling cancelling;
  Reconciler reconciler;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  base::Reactors reactors(settings.reactors);
  Dependencies dependencies(process, reactors, settings.dependencies, "order", "", 1);
  Shared shared(dependencies);

  std::vector<std::unique_ptr<PerReactor>> shards;
  OrderPorts ports{.store = shared.store,
                   .dead_messages = shared.dead_messages,
                   .outbox_lease = settings.relay.lease};
  for (size_t i = 0; i < reactors.size(); ++i) {
    shards.push_back(std::make_unique<PerReactor>(reactors[i].get_executor(), shared, dependencies,
                                                  i, process, settings));
    ports.seen.push_back(&shards[i]->seen);
    ports.stocks.push_back(&shards[i]->stock);
    ports.ledgers.push_back(&shards[i]->ledger);
    ports.relays.push_back(&shards[i]->relay);
    ports.cancellings.push_back(&shards[i]->cancelling);
    ports.reconcilers.push_back(&shards[i]->reconciler);
    boost::asio::post(reactors[i], [&shard = *shards[i]] { shard.relay.Start(); });
  }

  Housekeeper housekeeper(reactors[0].get_executor(), shared.intents, shards[0]->cancelling,
                          shared.keys, process.metrics(), settings.housekeeping);
  boost::asio::post(reactors[0], [&housekeeper] { housekeeper.Start(); });

  rpc::Runtime runtime(reactors, process.metrics(), settings.runtime);
  const std::unique_ptr<grpc::Service> service = MakeOrderService(runtime, ports);
  rpc::Server server(settings.server, {service.get()}, {kOrderServiceName});
  process.readiness().set_on_change([&server](bool ready) { server.SetServing(ready); });
  if (absl::Status status = server.Start(); !status.ok()) {
    process.Fail("RPC_ADDR: " + base::MessageOf(status));
  }
  process.LogListening("grpc", server.port());
  dependencies.Start();
  reactors.Start();

  return process.RunUntilSignal([&](base::Deadline deadline) {
    server.Drain(deadline);
    bool ended = runtime.in_flight() == 0;
    ended = base::AwaitOn(reactors[0].get_executor(), housekeeper.Stop(deadline)) && ended;
    for (size_t i = 0; i < reactors.size(); ++i) {
      ended = base::AwaitOn(reactors[i].get_executor(), shards[i]->relay.Stop(deadline)) && ended;
    }
    reactors.Stop();
    return ended;
  });
}

}  // namespace
}  // namespace trellis::order

int main(int argc, char** argv) { return trellis::order::Main(argc, argv); }
