#ifndef SERVICES_ORDER_DEPENDENCIES_H_
#define SERVICES_ORDER_DEPENDENCIES_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/amqp/connection.h"
#include "mesh/app/process.h"
#include "mesh/base/options.h"
#include "mesh/base/reactors.h"
#include "mesh/postgres/migrate_at_start.h"
#include "mesh/postgres/pool.h"
#include "mesh/redis/connection.h"

namespace trellis::order {

// Where the servers behind the processes of this service are.
struct DependencySettings {
  redis::ConnectionOptions redis;
  std::string db_url = "postgresql://127.0.0.1:5432/postgres";
  int db_connections = 8;
  std::string rabbitmq_urls = "amqp://guest:guest@127.0.0.1:5672/";

  void AddTo(base::OptionTable& table);
};

// Connections to them, with their state in the process' readiness: all must have been reached
// before the process serves. With `queue`, RabbitMQ is needed from then on too, and consumed from
// on a connection of its own, since an alarm of the broker stops those that publish, with their
// acks; else messages wait in the outbox while it is away. Nothing is asked of Postgres and nothing
// is consumed until the schema is there: calls of the pool are UNAVAILABLE. Ends the process when a
// URL is malformed.
class Dependencies {
 public:
  Dependencies(app::Process& process, base::Reactors& reactors, DependencySettings settings,
               const std::string& name, const std::string& queue, int prefetch);
  void Start();

  [[nodiscard]] postgres::Pool& postgres() { return *pool_; }
  [[nodiscard]] amqp::Publisher& publisher() { return *publisher_; }
  // Of the publisher's connection.
  [[nodiscard]] amqp::Getter& getter() { return *publisher_; }
  [[nodiscard]] amqp::Connection& consumer() { return *consumer_; }
  [[nodiscard]] redis::Client& redis(size_t reactor) { return *redis_[reactor]; }

 private:
  [[nodiscard]] std::unique_ptr<amqp::Connection> MakeConnection(amqp::ConnectionOptions options,
                                                                 const std::string& dependency);
  // On the thread of the migration, whose last word is `done`.
  void OnSchema(bool done, const std::string& detail);
  // Of RabbitMQ and Redis. `reached`: it was, at least once.
  void Report(const std::string& dependency, bool reached, bool fine, const std::string& detail);

  app::Process& process_;
  const DependencySettings settings_;
  const bool needs_all_;
  std::vector<std::unique_ptr<redis::Connection>> redis_;
  std::unique_ptr<postgres::ConnectionPool> pool_;
  std::unique_ptr<amqp::Connection> publisher_;
  std::unique_ptr<amqp::Connection> consumer_;  // null without a queue
  std::unique_ptr<postgres::MigrateAtStart> migration_;
};

}  // namespace trellis::order

#endif  // SERVICES_ORDER_DEPENDENCIES_H_
