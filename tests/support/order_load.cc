#include "tests/support/order_load.h"

#include <chrono>
#include <utility>

namespace trellis::testing {

using std::chrono::steady_clock;

OrderLoad::OrderLoad(OrderStack& stack, std::string sku, milliseconds pause, std::string name)
    : sku_(std::move(sku)), name_(std::move(name)), pause_(pause) {
  for (int client = 0; client < 4; ++client) {
    threads_.emplace_back([this, port = stack.http_port(), client] { Run(port, client); });
  }
}

int64_t OrderLoad::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return accepted_;
}

void OrderLoad::Run(int port, int client) {
  HttpClient http(port);
  for (int i = 0; !stop_; ++i) {
    const std::string id = name_ + std::to_string(client) + "-" + std::to_string(i);
    const auto start = steady_clock::now();
    const auto reply =
        http.PostJson("/orders", R"({"id":")" + id + R"(","sku":")" + sku_ + R"(","qty":1})");
    const int64_t ms =
        std::chrono::duration_cast<milliseconds>(steady_clock::now() - start).count();
    int64_t slowest = slowest_ms_;
    while (ms > slowest && !slowest_ms_.compare_exchange_weak(slowest, ms)) continue;
    ++(reply.ok() && reply->status == 200 ? accepted_ : refused_);
    std::this_thread::sleep_for(pause_);
  }
}

}  // namespace trellis::testing
