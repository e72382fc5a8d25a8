#include "tests/support/server_process.h"

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "tests/support/http_client.h"

namespace trellis::testing {
namespace {

// Settings of the caller's own shell must not reach the processes of a test. An empty variable
// counts as none.
constexpr const char* kSettings[] = {"RPC_ADDR",
                                     "OPS_ADDR",
                                     "HTTP_ADDR",
                                     "REDIS_ADDR",
                                     "ENQUEUE_ADDR",
                                     "QUEUE_NAME",
                                     "OUTPUT_PATH",
                                     "PROCESSING_DELAY_MS",
                                     "CONSUME_MODE",
                                     "LEASE",
                                     "RECONNECT_GRACE",
                                     "HEARTBEAT",
                                     "RETRY_BASE",
                                     "RETRY_CAP",
                                     "DRAIN_TIMEOUT",
                                     "LOG_LEVEL",
                                     "ACCESS_LOG",
                                     "REACTORS",
                                     "MAX_IN_FLIGHT",
                                     "WORKER_CONCURRENCY",
                                     "MAX_DEADLINE",
                                     "REQUEST_TIMEOUT",
                                     "BODY_LIMIT",
                                     "QUEUE_DEPTH_LIMIT",
                                     "READ_TIMEOUT",
                                     "WRITE_TIMEOUT",
                                     "IDLE_TIMEOUT",
                                     "MAX_CONNECTIONS",
                                     "REDIS_PASSWORD",
                                     "REDIS_PASSWORD_FILE",
                                     "STREAM_HEARTBEAT",
                                     "MAX_CONNECTION_AGE",
                                     "ORDER_ADDR",
                                     "DB_URL",
                                     "DB_URL_FILE",
                                     "RABBITMQ_URLS",
                                     "CONCURRENCY",
                                     "OUTBOX_LEASE",
                                     "DB_CONNECTIONS",
                                     "TRELLIS_FAILPOINT",
                                     "IDEMPOTENCY_KEY_TTL",
                                     "WEATHER_ADDR",
                                     "REQUEST_STREAM",
                                     "RESPONSE_STREAM",
                                     "CONSUMER_GROUP",
                                     "INSTANCE_ID",
                                     "WORKER_NAME",
                                     "CLAIM_IDLE",
                                     "CONSUMER_TTL",
                                     "CALL_TIMEOUT",
                                     "STREAM_DEPTH_LIMIT",
                                     "LIMIT_MIN",
                                     "LIMIT_INITIAL",
                                     "LIMIT_MAX",
                                     "MAX_ATTEMPTS",
                                     "REPLY_TTL",
                                     "CIRCUIT_WINDOW",
                                     "CIRCUIT_MINIMUM_CALLS",
                                     "CIRCUIT_FAILURE_PERCENT",
                                     "CIRCUIT_SLOW_PERCENT",
                                     "CIRCUIT_SLOW_CALL",
                                     "CIRCUIT_OPEN_TIME",
                                     "CIRCUIT_PROBES",
                                     "MAX_DELIVERIES",
                                     "LIMIT_QUICK",
                                     "EVENT_STREAM",
                                     "NATS_URL",
                                     "CLAIM_VISIBILITY",
                                     "DELIVERY_VISIBILITY",
                                     "MAX_PUBLISHES",
                                     "MAX_CLAIMED",
                                     "BATCH",
                                     "PREFETCH",
                                     "RETRY_DELAY",
                                     "EFFECTS_KEY",
                                     "HANDLED_KEY",
                                     "SWEEP",
                                     "GENERATOR_LEASE",
                                     "POST_ADDR",
                                     "KEYTEST_ADDR",
                                     "REDIS_CLUSTER_ADDRS",
                                     "AUDIT_PERIOD",
                                     "FILL_CHECK",
                                     "FILL_LEASE",
                                     "GENERATOR_BATCH",
                                     "IGNORE_DEADLINES",
                                     "LOCAL_CACHE_MB",
                                     "OBJECT_LIFETIME",
                                     "PAGE_LIFETIME",
                                     "SWEEP_PERIOD",
                                     "WORKER_MAX_MIB",
                                     "WRITE_PATIENCE",
                                     "RABBITMQ_URLS_FILE",
                                     "NATS_URL_FILE"};

std::string BinaryPath(const std::string& binary) {
  const char* directory = std::getenv("TRELLIS_BIN");
  const bool given = directory != nullptr && *directory != '\0';
  return (given ? std::string(directory) : std::string(TRELLIS_BINARIES)) + "/" + binary;
}

}  // namespace

Variables GatewaySettings(int http_port, const Variables& services) {
  Variables settings = {{"HTTP_ADDR", "127.0.0.1:" + std::to_string(http_port)},
                        {"ENQUEUE_ADDR", "none"},
                        {"ORDER_ADDR", "none"},
                        {"WEATHER_ADDR", "none"},
                        {"POST_ADDR", "none"},
                        {"KEYTEST_ADDR", "none"}};
  for (const auto& [name, address] : services) settings[name] = address;
  return settings;
}

ServerProcess::ServerProcess(std::string name, std::string binary, Variables variables,
                             std::string log_path, std::vector<std::string> flags)
    : name_(std::move(name)),
      binary_(BinaryPath(binary)),
      log_path_(std::move(log_path)),
      flags_(std::move(flags)),
      variables_(std::move(variables)) {
  for (const char* setting : kSettings) variables_.try_emplace(setting, "");
}

void ServerProcess::Start() {
  process_.reset();
  ports_.clear();
  log_start_ = base::testing::ReadFile(log_path_).size();
  std::vector<std::string> argv = {binary_};
  argv.insert(argv.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<base::testing::Subprocess>(
      base::testing::Subprocess::Options{std::move(argv), variables_, log_path_});
  process_->Start();
}

void ServerProcess::AwaitReady() {
  const bool ready = WaitUntil([this] { return Ready() || !running(); }, milliseconds(20000));
  if (!ready || !running()) Fail("does not get ready");
}

void ServerProcess::StartAndAwaitReady() {
  Start();
  AwaitReady();
}

void ServerProcess::Kill() {
  process_->Kill();
  ports_.clear();
}
void ServerProcess::Suspend() { process_->Signal(SIGSTOP); }
void ServerProcess::Continue() { process_->Signal(SIGCONT); }
int ServerProcess::Terminate(milliseconds patience) { return process_->Terminate(patience); }

int ServerProcess::AwaitExit(milliseconds patience) {
  int code = 0;
  if (!process_->Wait(patience, &code)) Fail("does not end");
  return code;
}

int ServerProcess::Port(const std::string& what) {
  if (const auto known = ports_.find(what); known != ports_.end()) return known->second;
  const std::string mark = R"("message":"listening","what":")" + what + R"(","port":)";
  const bool found = WaitUntil([&] {
    const std::string log = Log();
    const size_t at = log.find(mark);
    if (at == log.npos || log.find('\n', at) == log.npos) return !running();
    ports_[what] = std::stoi(log.substr(at + mark.size()));
    return true;
  });
  if (!found || !ports_.contains(what)) Fail("does not listen for " + what);
  return ports_[what];
}

int ServerProcess::OpsPort() {
  const auto http = variables_.find("HTTP_ADDR");
  return Port(http->second.empty() ? "ops" : "http");
}

bool ServerProcess::Ready() {
  if (!running()) return false;
  HttpClient client(OpsPort(), milliseconds(1000));
  const auto reply = client.Get("/readyz");
  return reply.ok() && reply->status == 200;
}

std::set<std::string> ServerProcess::MetricNames() {
  std::set<std::string> names;
  const auto reply = HttpClient(OpsPort()).Get("/metrics");
  if (!reply.ok() || reply->status != 200) Fail("does not show its metrics");
  std::istringstream text(reply->body);
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string hash, what, name, type;
    words >> hash >> what >> name >> type;
    if (what == "TYPE" && name.starts_with("trellis_")) names.insert(name + " " + type);
  }
  return names;
}

double ServerProcess::Metric(const std::string& sample) {
  HttpClient client(OpsPort(), milliseconds(1000));
  const auto reply = client.Get("/metrics");
  if (!reply.ok() || reply->status != 200) return std::nan("");
  const std::string text = "\n" + reply->body;
  const size_t at = text.find("\n" + sample + " ");
  return at == text.npos ? 0 : std::stod(text.substr(at + sample.size() + 2));
}

std::string ServerProcess::Log() const {
  const std::string all = base::testing::ReadFile(log_path_);
  return all.size() > log_start_ ? all.substr(log_start_) : "";
}

std::string ServerProcess::LogTail(int lines) const {
  const std::string log = base::testing::ReadFile(log_path_);
  size_t at = log.size();
  for (int i = 0; i <= lines && at != log.npos && at > 0; ++i) at = log.rfind('\n', at - 1);
  return "--- " + name_ + "\n" + (at == log.npos || at == 0 ? log : log.substr(at + 1));
}

void ServerProcess::Fail(const std::string& what) const {
  throw std::runtime_error(name_ + " " + what + "\n" + LogTail());
}

}  // namespace trellis::testing
