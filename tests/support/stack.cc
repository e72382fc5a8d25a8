#include "tests/support/stack.h"

#include <stdexcept>

#include "tests/support/job_view.h"
#include "tests/support/load.h"

namespace trellis::testing {
namespace {

std::string Loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

Stack::Stack(StackOptions options)
    : options_(std::move(options)),
      redis_(options_.redis_arguments),
      grpc_port_(StablePort()),
      http_port_(StablePort()) {
  for (const auto& command : options_.redis_setup) redis_.Run(command);
  service_ = std::make_unique<ServerProcess>("enqueue", "enqueue",
                                             With({{"RPC_ADDR", Loopback(grpc_port_)},
                                                   {"OPS_ADDR", Loopback(0)},
                                                   {"REDIS_ADDR", redis_.address()}},
                                                  options_.service),
                                             directory_.File("enqueue.log"));
  gateway_ = std::make_unique<ServerProcess>(
      "gateway", "gateway",
      With(GatewaySettings(http_port_, {{"ENQUEUE_ADDR", Loopback(grpc_port_)}}), options_.gateway),
      directory_.File("gateway.log"));
  service_->StartAndAwaitReady();
  gateway_->StartAndAwaitReady();
  for (int i = 0; i < options_.workers; ++i) AddWorker();
  // The gateway is ready without its upstream; a test wants both.
  const bool connected = WaitUntil([this] {
    const auto reply = Http().Get("/v1/queues");
    return reply.ok() && reply->status == 200;
  });
  if (!connected) throw std::runtime_error("the gateway cannot reach the service\n" + LogTails());
}

Variables Stack::With(Variables variables, const Variables& more) const {
  for (const auto& [name, value] : more) variables[name] = value;
  return variables;
}

ServerProcess& Stack::AddWorker(const Variables& settings) {
  const std::string name = "worker-" + std::to_string(workers_.size());
  const Variables basic = {
      {"OPS_ADDR", Loopback(0)}, {"REDIS_ADDR", redis_.address()}, {"OUTPUT_PATH", output_path()}};
  workers_.push_back(std::make_unique<ServerProcess>(name, "enqueue-worker",
                                                     With(With(basic, options_.worker), settings),
                                                     directory_.File(name + ".log")));
  workers_.back()->StartAndAwaitReady();
  return *workers_.back();
}

ServerProcess* Stack::FindWorker(const std::string& worker_id) {
  const size_t end = worker_id.rfind('-');
  if (end == worker_id.npos || end == 0) return nullptr;
  const size_t start = worker_id.rfind('-', end - 1) + 1;
  const std::string pid = worker_id.substr(start, end - start);
  for (const auto& worker : workers_) {
    if (worker->running() && std::to_string(worker->pid()) == pid) return worker.get();
  }
  return nullptr;
}

std::string Stack::Enqueue(const std::string& message) {
  const auto reply = Http().PostForm("/enqueue", message);
  if (!reply.ok()) throw std::runtime_error("enqueue: " + base::MessageOf(reply.status()));
  if (reply->status != 200) throw std::runtime_error("enqueue: " + reply->body);
  return IdOf(reply->body);
}

bool Stack::AwaitDrained(milliseconds patience, int64_t dead, const std::string& queue) {
  const JobView view(redis_, queue);
  return WaitUntil([&] { return view.Unfinished() == dead && view.DeadCount() == dead; }, patience);
}

bool Stack::AwaitLine(const std::string& message, milliseconds patience) {
  return WaitUntil(
      [&] {
        const OutputFile output = Output();
        for (const OutputLine& line : output.lines) {
          if (line.message == message) return true;
        }
        return false;
      },
      patience);
}

std::string Stack::LogTails() const {
  std::string tails;
  for (const ServerProcess* process : {service_.get(), gateway_.get()}) {
    if (process != nullptr) tails += process->LogTail();
  }
  for (const auto& worker : workers_) tails += worker->LogTail();
  return tails;
}

}  // namespace trellis::testing
