#ifndef TESTS_SUPPORT_ORDER_STACK_H_
#define TESTS_SUPPORT_ORDER_STACK_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "mesh/amqp/testing/private_rabbitmq_cluster.h"
#include "mesh/base/clock.h"
#include "mesh/postgres/testing/private_postgres.h"
#include "mesh/redis/testing/private_redis.h"
#include "tests/support/http_client.h"
#include "tests/support/output_file.h"
#include "tests/support/server_process.h"

namespace trellis::testing {

struct OrderStackOptions {
  // Settings beyond the addresses, as environment variables.
  Variables service = {};
  Variables processor = {};
  Variables notifier = {};
  int rabbitmq_nodes = 1;  // 1 or 3
};

// The order pipeline of a test's own: Redis, Postgres, RabbitMQ, service, processor, notifier and
// gateway, as real processes. As Stack in all else.
class OrderStack {
 public:
  explicit OrderStack(OrderStackOptions options = {});
  OrderStack(const OrderStack&) = delete;
  OrderStack& operator=(const OrderStack&) = delete;

  [[nodiscard]] redis::testing::PrivateRedis& redis() { return redis_; }
  [[nodiscard]] postgres::testing::PrivatePostgres& postgres() { return postgres_; }
  [[nodiscard]] amqp::testing::PrivateRabbitMqCluster& rabbitmq_cluster() { return rabbitmq_; }
  [[nodiscard]] amqp::testing::RabbitMqNode& rabbitmq() { return rabbitmq_.node(0); }
  [[nodiscard]] ServerProcess& service() { return *service_; }
  [[nodiscard]] ServerProcess& processor() { return *processor_; }
  [[nodiscard]] ServerProcess& notifier() { return *notifier_; }
  [[nodiscard]] ServerProcess& gateway() { return *gateway_; }

  [[nodiscard]] HttpClient Http() const { return HttpClient(http_port_); }
  [[nodiscard]] int http_port() const { return http_port_; }
  void SetStock(const std::string& sku, int64_t quantity);
  [[nodiscard]] int64_t Stock(const std::string& sku);
  // The HTTP status; 0 when there was no answer.
  int Place(const std::string& id, const std::string& sku, int qty);
  // Of an order: "RECEIVED", ...; empty when it cannot be told.
  [[nodiscard]] std::string StatusOf(const std::string& id);
  // Puts a message on an exchange, as anybody could. Throws when RabbitMQ does not confirm it.
  void Publish(const std::string& exchange, const std::string& key, const std::string& body);
  [[nodiscard]] const std::string& db_url() const { return db_url_; }
  // One value of Postgres.
  [[nodiscard]] int64_t Count(const std::string& sql);
  // How often each order stands in the notifications file.
  [[nodiscard]] std::map<std::string, int> Notifications() const;
  // Waits until every order is at its end: rejected, cancelled or notified, and told so, and
  // nothing is left in the outbox or on the queues.
  [[nodiscard]] bool AwaitSettled(milliseconds patience = milliseconds(60'000));
  [[nodiscard]] std::string LogTails() const;

 private:
  [[nodiscard]] std::unique_ptr<ServerProcess> Make(const std::string& binary,
                                                    Variables more) const;

  base::testing::TempDir directory_;
  redis::testing::PrivateRedis redis_;
  postgres::testing::PrivatePostgres postgres_;
  const std::string db_url_;
  amqp::testing::PrivateRabbitMqCluster rabbitmq_;
  const int grpc_port_;
  const int http_port_;
  std::unique_ptr<ServerProcess> service_, processor_, notifier_, gateway_;
};

// Tests with a stack that they may break, made by Make. Prints the ends of all logs on failure.
class OrderTest : public ::testing::Test {
 protected:
  OrderStack& Make(OrderStackOptions options = {});
  [[nodiscard]] OrderStack& stack() { return *stack_; }
  void TearDown() override;
  // Nothing lost, nothing doubled, stock and ledger agree: the account of a run that started with
  // this stock of the sku. Every accepted order is there; every order has one reservation or
  // rejection and one notification.
  void ExpectBalanced(const std::string& sku, int64_t stock_at_start, int64_t accepted);
  // Waits until the first order that was placed after `since` is notified, and prints how long that
  // took from then on. Somebody else places it.
  void ReportRecovery(const std::string& fault, base::WallTime since);
  // Expects AwaitSettled, and prints how long after `since` that was.
  void ReportSettled(const std::string& fault, base::WallTime since);

 private:
  std::unique_ptr<OrderStack> stack_;
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_ORDER_STACK_H_
