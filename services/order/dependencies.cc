#include "services/order/dependencies.h"

#include <functional>

#include "services/order/migrations.h"
#include "services/order/topology.h"

namespace trellis::order {

void DependencySettings::AddTo(base::OptionTable& table) {
  table.AddAddress("redis-addr", "REDIS_ADDR", &redis.address, "Redis");
  table.AddSecret("redis-password", "REDIS_PASSWORD", &redis.password, "password for Redis");
  table.AddSecret("db-url", "DB_URL", &db_url, "Postgres: postgresql://user:password@host:port/db");
  table.Add("db-connections", "DB_CONNECTIONS", &db_connections, 1, 1000,
            "connections to Postgres, a thread each");
  table.AddSecret("rabbitmq-urls", "RABBITMQ_URLS", &rabbitmq_urls,
                  "nodes of RabbitMQ: amqp://user:password@host:port/vhost,...");
}

Dependencies::Dependencies(app::Process& process, base::Reactors& reactors,
                           DependencySettings settings, const std::string& name,
                           const std::string& queue, int prefetch)
    : process_(process), settings_(std::move(settings)), needs_all_(!queue.empty()) {
  redis::ConnectionOptions redis = settings_.redis;
  redis.name = name;
  for (size_t i = 0; i < reactors.size(); ++i) {
    redis_.push_back(std::make_unique<redis::Connection>(reactors[i].get_executor(), redis));
    const std::string dependency = i == 0 ? "redis" : "redis-" + std::to_string(i);
    process_.readiness().Set(dependency, false, "connecting to " + redis.address);
    redis_.back()->set_on_change([this, dependency, &connection = *redis_.back()](
                                     bool connected, const std::string& reason) {
      Report(dependency, connection.generation() > 0, connected,
             connected ? "connected to " + settings_.redis.address : reason);
    });
  }

  pool_ = std::make_unique<postgres::ConnectionPool>(
      postgres::PoolOptions{.url = settings_.db_url,
                            .application_name = name,
                            .connections = settings_.db_connections,
                            .keep_plans = true});
  process_.readiness().Set("postgres", false, "waiting for the schema");
  process_.readiness().Set("schema", false, "connecting to postgres");
  pool_->set_on_change([this](bool connected, const std::string& reason) {
    process_.readiness().Set("postgres", connected, connected ? "connected" : reason);
  });

  const auto nodes = amqp::ParseNodes(settings_.rabbitmq_urls);
  if (!nodes.ok()) process_.Fail("RABBITMQ_URLS: " + base::MessageOf(nodes.status()));
  amqp::ConnectionOptions options;
  options.nodes = *nodes;
  options.name = name;
  options.topology = OrderTopology();
  publisher_ = MakeConnection(options, "rabbitmq");
  if (queue.empty()) return;
  options.queue = queue;
  options.prefetch = static_cast<uint16_t>(prefetch);
  consumer_ = MakeConnection(options, "rabbitmq-consumer");
}

std::unique_ptr<amqp::Connection> Dependencies::MakeConnection(amqp::ConnectionOptions options,
                                                               const std::string& dependency) {
  const bool waits = !options.queue.empty();
  auto connection = std::make_unique<amqp::Connection>(std::move(options));
  process_.readiness().Set(dependency, false, waits ? "waiting for the schema" : "connecting");
  const telemetry::Labels labels = {{"connection", dependency}};
  telemetry::Gauge& connected = process_.metrics().AddGauge("trellis_rabbitmq_connected",
                                                            "1 while a node is connected.", labels);
  telemetry::Gauge& blocked = process_.metrics().AddGauge(
      "trellis_rabbitmq_blocked", "1 while an alarm keeps RabbitMQ from taking messages.", labels);
  connection->set_on_change([this, dependency, &connected, &blocked,
                             reached = false](const amqp::ConnectionState& state) mutable {
    connected.Set(state.connected ? 1 : 0);
    blocked.Set(state.blocked ? 1 : 0);
    reached = reached || state.connected;
    const bool fine = state.connected && !state.blocked;
    Report(dependency, reached, fine, fine ? "connected to " + state.node : state.detail);
  });
  return connection;
}

void Dependencies::Start() {
  const auto migrations = postgres::ParseMigrations(MigrationFiles());
  if (!migrations.ok()) process_.Fail(base::MessageOf(migrations.status()));
  publisher_->Start();
  migration_ =
      std::make_unique<postgres::MigrateAtStart>(postgres::Migrator(settings_.db_url, *migrations),
                                                 std::bind_front(&Dependencies::OnSchema, this));
}

void Dependencies::OnSchema(bool done, const std::string& detail) {
  process_.readiness().Set("schema", done, detail);
  if (!done) return;
  // Not before: a table or a column that is not there yet would be an error of SQL, which costs a
  // message its attempts and looks to a client like a bug.
  pool_->Start();
  if (consumer_) consumer_->Start();
}

void Dependencies::Report(const std::string& dependency, bool reached, bool fine,
                          const std::string& detail) {
  if (needs_all_ || !reached) {
    process_.readiness().Set(dependency, fine, detail);
  } else {
    process_.readiness().Inform(dependency, fine, detail);
  }
}

}  // namespace trellis::order
