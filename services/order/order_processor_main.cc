// The processor: composition root.
#include "services/order/postgres_accepted_orders.h"
#include "services/order/postgres_order_store.h"
#include "services/order/processor.h"
#include "services/order/redis_stock.h"
#include "services/order/run_consumer.h"
#include "services/order/topology.h"

namespace trellis::order {
namespace {

struct Settings {
  app::ProcessOptions process{.name = "order-processor", .ops_addr = "127.0.0.1:9152"};
  DependencySettings dependencies;
  ConsumerOptions consumer{.queue = kOrdersQueue, .max_attempts = kMaxAttempts};

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("order-processor", "Reserves what was ordered.");
    dependencies.AddTo(table);
    table.Add("concurrency", "CONCURRENCY", &consumer.concurrency, 1, 10'000,
              "orders in hand at a time");
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
  }
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  base::Reactors reactors(1);
  Dependencies dependencies(process, reactors, settings.dependencies, settings.process.name,
                            settings.consumer.queue, settings.consumer.concurrency);
  PostgresOrderStore store(dependencies.postgres());
  RedisStock stock(dependencies.redis(0));
  PostgresAcceptedOrders accepted(dependencies.postgres());
  Processor processor(accepted, stock, store, dependencies.publisher(), process.metrics());
  return RunConsumer(process, reactors, dependencies,
                     std::bind_front(&Processor::Handle, &processor), settings.consumer);
}

}  // namespace
}  // namespace trellis::order

int main(int argc, char** argv) { return trellis::order::Main(argc, argv); }
