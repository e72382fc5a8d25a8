// The notifier: composition root.
#include "services/order/file_notifier.h"
#include "services/order/notification_sender.h"
#include "services/order/postgres_order_store.h"
#include "services/order/redis_notification_ledger.h"
#include "services/order/run_consumer.h"
#include "services/order/topology.h"

namespace trellis::order {
namespace {

struct Settings {
  app::ProcessOptions process{.name = "order-notifier", .ops_addr = "127.0.0.1:9252"};
  DependencySettings dependencies;
  ConsumerOptions consumer{.queue = kNotifierQueue, .max_attempts = kMaxAttempts};
  std::string output_path = ".trellis/data/notifications.log";
  base::milliseconds lease{5000};

  void ParseOrExit(int argc, char** argv) {
    base::OptionTable table("order-notifier", "Tells customers what became of their orders.");
    dependencies.AddTo(table);
    table.Add("concurrency", "CONCURRENCY", &consumer.concurrency, 1, 10'000,
              "notifications in hand at a time");
    table.Add("output-path", "OUTPUT_PATH", &output_path,
              "file that gets a line for each notification");
    table.Add("lease", "LEASE", &lease,
              "after this time without news, another sends a notification");
    process.AddTo(table);
    table.ParseOrExit(argc, argv);
  }
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.ParseOrExit(argc, argv);
  app::Process process(settings.process);
  const base::SystemClock clock;
  base::Reactors reactors(1);
  output::OutputLog log(settings.output_path,
                        [&process](const std::string& reason) { process.Abort(reason); });
  if (absl::Status status = log.Open(); !status.ok()) {
    process.Fail("OUTPUT_PATH: " + base::MessageOf(status));
  }
  FileNotifier notifier(log, clock);
  Dependencies dependencies(process, reactors, settings.dependencies, settings.process.name,
                            settings.consumer.queue, settings.consumer.concurrency);
  PostgresOrderStore store(dependencies.postgres());
  RedisNotificationLedger ledger(dependencies.redis(0), settings.lease);
  NotificationSender sender(ledger, notifier, store, clock, process.metrics());
  return RunConsumer(process, reactors, dependencies,
                     std::bind_front(&NotificationSender::Handle, &sender), settings.consumer);
}

}  // namespace
}  // namespace trellis::order

int main(int argc, char** argv) { return trellis::order::Main(argc, argv); }
