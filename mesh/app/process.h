#ifndef MESH_APP_PROCESS_H_
#define MESH_APP_PROCESS_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "mesh/app/ops.h"
#include "mesh/app/readiness.h"
#include "mesh/base/options.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::app {

// Settings that every process has; AddTo puts them into its table.
struct ProcessOptions {
  std::string name;
  std::string ops_addr;  // empty: no ops server (the gateway answers these paths itself)
  std::string log_level = "info";
  base::milliseconds drain_timeout{10'000};

  void AddTo(base::OptionTable& table);
};

// The life of one process: blocks the signals, starts the log and the ops server, waits for SIGTERM
// or SIGINT. Make it first in main, before any thread is started; use it from the main thread.
//
//   app::Process process(options);
//   ... build and start everything ...
//   return process.RunUntilSignal([&](base::Deadline drain) { ... stop everything ... });
class Process {
 public:
  explicit Process(ProcessOptions options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] telemetry::Metrics& metrics() { return metrics_; }
  [[nodiscard]] Readiness& readiness() { return readiness_; }
  [[nodiscard]] const OpsHandler& ops() const { return ops_; }

  // Logs one line with message "listening", by which tests and people find ports.
  void LogListening(const std::string& what, int port) const;

  // Starts the ops server, then waits. On the first signal: not ready any more, then `drain` with
  // the deadline by which it must be done; on the second signal the process exits at once with 1.
  // `drain` says whether everything has ended: if not, the process exits here and now, without
  // destroying what may still be in use. The exit code for main.
  [[nodiscard]] int RunUntilSignal(const std::function<bool(base::Deadline)>& drain);

  // Ends the process with exit code 1 and one line on stderr and in the log: for failures at start.
  [[noreturn]] void Fail(const std::string& message);

  // Makes RunUntilSignal return as after SIGTERM, with exit code 1: for faults after which only a
  // restart helps. From any thread.
  void Abort(const std::string& reason);

 private:
  class OpsServer;
  const ProcessOptions options_;
  telemetry::Metrics metrics_;
  Readiness readiness_;
  OpsHandler ops_{metrics_, readiness_};
  std::unique_ptr<OpsServer> ops_server_;
  std::atomic<bool> aborted_{false};
};

}  // namespace trellis::app

#endif  // MESH_APP_PROCESS_H_
