#ifndef TESTS_SUPPORT_LOAD_H_
#define TESTS_SUPPORT_LOAD_H_

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mesh/base/deadline.h"
#include "tests/support/ledger.h"

namespace trellis::testing {

struct LoadOptions {
  int http_port = 0;
  int threads = 4;
  int total = 0;  // messages; 0: until Stop
  // Between two requests of a thread; 0 for none.
  base::milliseconds pause{5};
  base::milliseconds patience{15000};
  std::string prefix = "load-";
};

// Clients that send messages through the gateway, each on a connection of its own, one after the
// other, and never send one again: an error leaves its outcome open. Every message goes into the
// ledger. Thread-safe but for Start, Stop and Wait; the ledger is borrowed. The destructor stops.
class Load {
 public:
  Load(Ledger& ledger, LoadOptions options) : ledger_(ledger), options_(std::move(options)) {}
  ~Load() { Stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void Start();
  // Returns when all requests under way have ended.
  void Stop();
  // Returns when `total` messages have been sent.
  void Wait();

  [[nodiscard]] int acknowledged() const { return ledger_.acknowledged(); }
  // How often each HTTP status came; 0 stands for no answer.
  [[nodiscard]] std::map<int, int> statuses() const;
  // Of the answered requests, in milliseconds.
  [[nodiscard]] std::vector<double> latencies() const;

 private:
  void Run();

  Ledger& ledger_;
  const LoadOptions options_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> next_{0};
  std::vector<std::thread> threads_;
  mutable std::mutex mutex_;
  std::map<int, int> statuses_;
  std::vector<double> latencies_;
};

// The smallest value that is not less than `fraction` of all (nearest rank); 0 for none.
[[nodiscard]] double Percentile(std::vector<double> values, double fraction);

// "id" of an answer to Enqueue.
[[nodiscard]] std::string IdOf(const std::string& enqueue_response_json);

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_LOAD_H_
