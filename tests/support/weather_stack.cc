#include "tests/support/weather_stack.h"

#include <iostream>
#include <stdexcept>

namespace trellis::testing {
namespace {

std::string Loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

WeatherStack::WeatherStack(WeatherStackOptions options)
    : options_(std::move(options)), grpc_port_(StablePort()), http_port_(StablePort()) {
  Variables service = options_.service;
  service["RPC_ADDR"] = Loopback(grpc_port_);
  service_ = Make("weather", "weather", service);
  gateway_ = Make("gateway", "gateway",
                  GatewaySettings(http_port_, {{"WEATHER_ADDR", Loopback(grpc_port_)}}));
  service_->StartAndAwaitReady();
  gateway_->StartAndAwaitReady();
  for (int i = 0; i < options_.workers; ++i) AddWorker();
  const bool connected = WaitUntil([this] {
    const auto reply = Http().Get("/v1/weather/stats");
    return reply.ok() && reply->status == 200;
  });
  if (!connected) throw std::runtime_error("the gateway cannot reach the service\n" + LogTails());
}

std::unique_ptr<ServerProcess> WeatherStack::Make(const std::string& name,
                                                  const std::string& binary,
                                                  const Variables& more) const {
  Variables variables = {{"OPS_ADDR", Loopback(0)}, {"REDIS_ADDR", redis_.address()}};
  for (const auto& [variable, value] : more) variables[variable] = value;
  return std::make_unique<ServerProcess>(name, binary, std::move(variables),
                                         directory_.File(name + ".log"));
}

ServerProcess& WeatherStack::AddWorker() {
  const std::string name = "weather-worker-" + std::to_string(workers_.size());
  workers_.push_back(Make(name, "weather-worker", options_.worker));
  workers_.back()->StartAndAwaitReady();
  return *workers_.back();
}

std::unique_ptr<ServerProcess> WeatherStack::AddService(int grpc_port) const {
  Variables variables = options_.service;
  variables["RPC_ADDR"] = Loopback(grpc_port);
  auto service = Make("weather-" + std::to_string(grpc_port), "weather", variables);
  service->StartAndAwaitReady();
  return service;
}

std::string WeatherStack::Holder() {
  const redis::Reply pending =
      redis_.Run({"XPENDING", "weather-requests", "weather-workers", "-", "+", "1"});
  return pending.size() == 1 ? std::string(pending[0][1].Text()) : "";
}

ServerProcess* WeatherStack::FindWorker(const std::string& name) {
  for (const auto& worker : workers_) {
    const bool running = worker->running();
    if (running && name.find("-" + std::to_string(worker->pid()) + "-") != name.npos) {
      return worker.get();
    }
  }
  return nullptr;
}

double WeatherStack::WorkersMetric(const std::string& sample) {
  double sum = 0;
  for (const auto& worker : workers_) sum += worker->Metric(sample);
  return sum;
}

std::string WeatherStack::LogTails() const {
  std::string tails = service_->LogTail() + gateway_->LogTail();
  for (const auto& worker : workers_) tails += worker->LogTail();
  return tails;
}

WeatherStack& WeatherTest::Make(WeatherStackOptions options) {
  stack_ = std::make_unique<WeatherStack>(std::move(options));
  return *stack_;
}

void WeatherTest::TearDown() {
  if (HasFailure() && stack_) std::cerr << stack_->LogTails();
}

}  // namespace trellis::testing
