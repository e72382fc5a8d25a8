#include "tests/web/mesh_stack.h"

#include <stdexcept>

#include "tests/support/job_view.h"
#include "tests/support/load.h"

namespace trellis::testing {
namespace {

std::string Loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

MeshStack::MeshStack() : keytest_port_(StablePort()), http_port_(StablePort()) {
  AddKeyTest();
  gateway_ = std::make_unique<ServerProcess>(
      "gateway", "gateway",
      Variables{{"HTTP_ADDR", Loopback(http_port_)},
                {"ENQUEUE_ADDR", Loopback(enqueue_.grpc_port())},
                {"ORDER_ADDR", Loopback(order_.service().Port("grpc"))},
                {"WEATHER_ADDR", Loopback(weather_.grpc_port())},
                {"POST_ADDR", Loopback(post_.service().Port("grpc"))},
                {"KEYTEST_ADDR", keytest_.empty() ? "none" : Loopback(keytest_port_)}},
      directory_.File("gateway.log"));
  gateway_->Start();
  for (const auto& process : keytest_) process->AwaitReady();
  gateway_->AwaitReady();
  HttpClient http(http_port_);
  const bool connected = WaitUntil([&http] {
    for (const char* path : {"/v1/queues", "/v1/orders", "/v1/weather/stats", "/ping"}) {
      const auto reply = http.Get(path);
      if (!reply.ok() || reply->status != 200) return false;
    }
    return true;
  });
  if (!connected) throw std::runtime_error("the gateway cannot reach the services\n" + LogTails());
}

// Its keys are in the Redis of Enqueue, its events go over the RabbitMQ of Order.
void MeshStack::AddKeyTest() {
#ifdef TRELLIS_HAS_KEYTEST
  for (const char* name : {"keytest", "keytest-consumer", "keytest-consumer"}) {
    const std::string log = "keytest-" + std::to_string(keytest_.size()) + ".log";
    keytest_.push_back(std::make_unique<ServerProcess>(
        name, name,
        Variables{{"RPC_ADDR", Loopback(keytest_port_)},
                  {"OPS_ADDR", Loopback(0)},
                  {"REDIS_ADDR", enqueue_.redis().address()},
                  {"RABBITMQ_URLS", order_.rabbitmq_cluster().urls()}},
        directory_.File(log)));
    keytest_.back()->Start();
  }
#endif
}

void MeshStack::MakeDeadJobs(const std::string& queue, int count) {
  const JobView view(enqueue_.redis(), queue);
  HttpClient http(http_port_);
  for (int i = 1; i <= count; ++i) {
    const auto reply =
        http.PostJson("/enqueue", R"({"queue":")" + queue + R"(","message":"Welcome mail )" +
                                      std::to_string(i) + R"(","maxAttempts":3})");
    if (!reply.ok() || reply->status != 200) throw std::runtime_error("enqueueing a job failed");
    view.MakeDead(IdOf(reply->body));
  }
}

std::string MeshStack::LogTails() const {
  std::string tails = enqueue_.LogTails() + order_.LogTails() + weather_.LogTails() +
                      post_.LogTails() + gateway_->LogTail();
  for (const auto& process : keytest_) tails += process->LogTail();
  return tails;
}

}  // namespace trellis::testing
