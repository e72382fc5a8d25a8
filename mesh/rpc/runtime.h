#ifndef MESH_RPC_RUNTIME_H_
#define MESH_RPC_RUNTIME_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "mesh/base/clock.h"
#include "mesh/base/reactors.h"
#include "mesh/base/status.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::rpc {

struct RuntimeOptions {
  // A call without a deadline, or with a later one, gets this one. Streams are not bounded.
  base::milliseconds max_deadline{30'000};
  // Calls beyond it are refused with RESOURCE_EXHAUSTED.
  int max_in_flight = 10'000;
  // Which calls leave a log line: none, errors (server faults and refusals), all.
  std::string access_log = "errors";
};

// Counts, times and logs the calls of one method.
class MethodRecorder {
 public:
  MethodRecorder(telemetry::Metrics& metrics, std::string method, const RuntimeOptions& options);

  // Thread-safe.
  void Record(absl::StatusCode code, const std::string& message, const std::string& request_id,
              base::SteadyTime start);

 private:
  const std::string method_;
  const RuntimeOptions& options_;
  telemetry::Histogram& latency_;
  telemetry::Counter* by_code_[17];
};

// What all calls of a server share: the reactors that handlers run on, limits, metrics. Must
// outlive the server. Thread-safe.
class Runtime {
 public:
  Runtime(base::Reactors& reactors, telemetry::Metrics& metrics, RuntimeOptions options);

  // The next reactor, in turn.
  [[nodiscard]] size_t PickReactor() { return next_.fetch_add(1) % reactors_.size(); }
  [[nodiscard]] base::Reactors& reactors() { return reactors_; }
  [[nodiscard]] const RuntimeOptions& options() const { return options_; }
  [[nodiscard]] telemetry::Metrics& metrics() { return metrics_; }

  // Of "trellis.enqueue.v1.EnqueueService/Enqueue". Look it up once for each method.
  [[nodiscard]] MethodRecorder& Recorder(const std::string& method);

  // False when the limit is reached; a true answer is paid back with Leave.
  [[nodiscard]] bool TryEnter();
  void Leave();
  [[nodiscard]] int in_flight() const { return in_flight_.load(); }

 private:
  base::Reactors& reactors_;
  telemetry::Metrics& metrics_;
  const RuntimeOptions options_;
  telemetry::Gauge& in_flight_gauge_;
  std::atomic<size_t> next_{0};
  std::atomic<int> in_flight_{0};
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<MethodRecorder>> recorders_;
};

}  // namespace trellis::rpc

#endif  // MESH_RPC_RUNTIME_H_
