#include "tests/support/load.h"

#include <algorithm>
#include <cmath>

#include "tests/support/http_client.h"

namespace trellis::testing {

void Load::Start() {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

void Load::Stop() {
  stopping_ = true;
  Wait();
}

void Load::Wait() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Load::Run() {
  HttpClient client(options_.http_port, options_.patience);
  while (!stopping_) {
    const int number = next_.fetch_add(1);
    if (options_.total > 0 && number >= options_.total) return;
    const std::string message = options_.prefix + std::to_string(number);
    ledger_.Attempt(message);
    const auto start = std::chrono::steady_clock::now();
    const auto reply = client.PostForm("/enqueue", message);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (reply.ok() && reply->status == 200) ledger_.Acknowledge(message, IdOf(reply->body));
    {
      const std::lock_guard lock(mutex_);
      ++statuses_[reply.ok() ? reply->status : 0];
      if (reply.ok()) latencies_.push_back(took.count());
    }
    // An error may come at once; without a pause this would spin.
    const auto pause =
        reply.ok() ? options_.pause : std::max(options_.pause, base::milliseconds(20));
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
}

std::map<int, int> Load::statuses() const {
  const std::lock_guard lock(mutex_);
  return statuses_;
}

std::vector<double> Load::latencies() const {
  const std::lock_guard lock(mutex_);
  return latencies_;
}

double Percentile(std::vector<double> values, double fraction) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  return values[std::max<size_t>(rank, 1) - 1];
}

std::string IdOf(const std::string& enqueue_response_json) {
  const std::string mark = "\"id\":\"";
  const size_t at = enqueue_response_json.find(mark);
  if (at == enqueue_response_json.npos) return "";
  const size_t start = at + mark.size();
  return enqueue_response_json.substr(start, enqueue_response_json.find('"', start) - start);
}

}  // namespace trellis::testing
