#include "tests/support/order_stack.h"

#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "mesh/amqp/connection.h"
#include "mesh/base/testing/run.h"

namespace trellis::testing {
namespace {

std::string Loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

// The value of a string field of JSON as our gateway writes it.
std::string Field(const std::string& json, const std::string& name) {
  const std::string start = "\"" + name + "\":\"";
  const size_t at = json.find(start);
  if (at == json.npos) return "";
  const size_t begin = at + start.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

}  // namespace

OrderStack::OrderStack(OrderStackOptions options)
    : db_url_(postgres_.CreateDatabase()),
      rabbitmq_(options.rabbitmq_nodes),
      grpc_port_(StablePort()),
      http_port_(StablePort()) {
  options.service["RPC_ADDR"] = Loopback(grpc_port_);
  options.notifier["OUTPUT_PATH"] = directory_.File("notifications.log");
  service_ = Make("order", options.service);
  processor_ = Make("order-processor", options.processor);
  notifier_ = Make("order-notifier", options.notifier);
  gateway_ = Make("gateway", GatewaySettings(http_port_, {{"ORDER_ADDR", Loopback(grpc_port_)}}));
  for (ServerProcess* process :
       {service_.get(), processor_.get(), notifier_.get(), gateway_.get()}) {
    process->Start();
  }
  for (ServerProcess* process :
       {service_.get(), processor_.get(), notifier_.get(), gateway_.get()}) {
    process->AwaitReady();
  }
  const bool connected = WaitUntil([this] {
    const auto reply = Http().Get("/v1/orders");
    return reply.ok() && reply->status == 200;
  });
  if (!connected) throw std::runtime_error("the gateway cannot reach the service\n" + LogTails());
}

std::unique_ptr<ServerProcess> OrderStack::Make(const std::string& binary, Variables more) const {
  Variables variables = {{"OPS_ADDR", Loopback(0)},
                         {"REDIS_ADDR", redis_.address()},
                         {"DB_URL", db_url_},
                         {"RABBITMQ_URLS", rabbitmq_.urls()}};
  for (const auto& [name, value] : more) variables[name] = value;
  return std::make_unique<ServerProcess>(binary, binary, std::move(variables),
                                         directory_.File(binary + ".log"));
}

void OrderStack::SetStock(const std::string& sku, int64_t quantity) {
  (void)redis_.Run({"SET", "inventory:" + sku, std::to_string(quantity)});
}

int64_t OrderStack::Stock(const std::string& sku) {
  return redis_.Run({"GET", "inventory:" + sku}).Integer();
}

int OrderStack::Place(const std::string& id, const std::string& sku, int qty) {
  const auto reply = Http().PostJson("/orders", R"({"id":")" + id + R"(","sku":")" + sku +
                                                    R"(","qty":)" + std::to_string(qty) + "}");
  return reply.ok() ? reply->status : 0;
}

std::string OrderStack::StatusOf(const std::string& id) {
  const auto reply = Http().Get("/v1/orders/" + id);
  return reply.ok() && reply->status == 200 ? Field(reply->body, "status") : "";
}

void OrderStack::Publish(const std::string& exchange, const std::string& key,
                         const std::string& body) {
  amqp::ConnectionOptions options;
  options.nodes = rabbitmq_.nodes();
  options.name = "test";
  amqp::Connection connection(std::move(options));
  connection.Start();
  if (!WaitUntil([&] { return connection.state().connected; })) {
    throw std::runtime_error("RabbitMQ: " + connection.state().detail);
  }
  amqp::Message message;
  message.exchange = exchange;
  message.routing_key = key;
  message.message_id = "test";
  message.body = body;
  boost::asio::io_context context;
  const absl::Status status = base::testing::RunCoroutine(
      context, connection.Publish(std::move(message), base::Deadline::After(milliseconds(10'000))));
  if (!status.ok()) throw std::runtime_error("RabbitMQ: " + base::MessageOf(status));
}

int64_t OrderStack::Count(const std::string& sql) {
  return std::stoll(postgres::testing::PrivatePostgres::Query(db_url_, sql).at(0).at(0));
}

std::map<std::string, int> OrderStack::Notifications() const {
  std::map<std::string, int> counts;
  std::ifstream file(directory_.File("notifications.log"));
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    ++counts[line.substr(first + 1, second - first - 1)];
  }
  return counts;
}

bool OrderStack::AwaitSettled(milliseconds patience) {
  return WaitUntil(
      [this] {
        return Count(
                   "SELECT count(*) FROM orders WHERE notified_at IS NULL"
                   " AND (status <> 'cancelled' OR reserved_at IS NOT NULL)") == 0 &&
               Count("SELECT count(*) FROM outbox") == 0 && rabbitmq_.Ready("orders.queue") == 0 &&
               rabbitmq_.Ready("notifier.queue") == 0;
      },
      patience);
}

std::string OrderStack::LogTails() const {
  std::string tails;
  for (const ServerProcess* process :
       {service_.get(), processor_.get(), notifier_.get(), gateway_.get()}) {
    tails += "--- " + process->name() + "\n" + process->LogTail() + "\n";
  }
  return tails;
}

OrderStack& OrderTest::Make(OrderStackOptions options) {
  stack_ = std::make_unique<OrderStack>(std::move(options));
  return *stack_;
}

void OrderTest::TearDown() {
  if (HasFailure() && stack_) std::cerr << stack_->LogTails();
}

void OrderTest::ReportRecovery(const std::string& fault, base::WallTime since) {
  const std::string since_ms = std::to_string(base::UnixMillis(since));
  const std::string sql =
      "SELECT coalesce(min(extract(epoch FROM notified_at) * 1000 - " + since_ms +
      "), -1)::bigint FROM orders WHERE notified_at IS NOT NULL AND received_at > to_timestamp(" +
      since_ms + " / 1000.0)";
  int64_t milliseconds_taken = -1;
  EXPECT_TRUE(WaitUntil(
      [&] {
        milliseconds_taken = stack().Count(sql);
        return milliseconds_taken >= 0;
      },
      milliseconds(60'000)))
      << "no order placed after '" << fault << "' was notified";
  std::cout << "recovery: " << fault << ": an order placed after it was notified after "
            << milliseconds_taken << " ms" << std::endl;
}

void OrderTest::ReportSettled(const std::string& fault, base::WallTime since) {
  EXPECT_TRUE(stack().AwaitSettled());
  const int64_t ms = base::UnixMillis(std::chrono::system_clock::now()) - base::UnixMillis(since);
  std::cout << "recovery: " << fault << ": nothing waits any more after " << ms << " ms"
            << std::endl;
}

void OrderTest::ExpectBalanced(const std::string& sku, int64_t stock_at_start, int64_t accepted) {
  const int64_t orders = stack().Count("SELECT count(*) FROM orders");
  // One whose answer was lost is there too.
  EXPECT_GE(orders, accepted) << "accepted orders were lost";
  const int64_t sold =
      stack().Count("SELECT coalesce(-sum(delta), 0) FROM ledger WHERE sku = '" + sku + "'");
  EXPECT_EQ(sold + stack().Stock(sku), stock_at_start);
  EXPECT_EQ(stack().Count("SELECT count(*) FROM orders WHERE reserved_at IS NOT NULL"),
            stack().Count("SELECT count(*) FROM ledger WHERE kind = 'reserve'"));
  const std::map<std::string, int> notifications = stack().Notifications();
  EXPECT_EQ(static_cast<int64_t>(notifications.size()), orders);
  for (const auto& [id, count] : notifications) EXPECT_EQ(count, 1) << id;
}

}  // namespace trellis::testing
