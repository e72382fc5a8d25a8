#ifndef TESTS_SUPPORT_SERVER_PROCESS_H_
#define TESTS_SUPPORT_SERVER_PROCESS_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mesh/base/testing/subprocess.h"

namespace trellis::testing {

using base::milliseconds;
using base::testing::StablePort;
using base::testing::WaitUntil;
using Variables = std::map<std::string, std::string>;

// The settings of a gateway that serves `services` ({"ORDER_ADDR", "127.0.0.1:50052"}) and no
// others: at the default port of one that it was not told about may be anybody's server, and it
// would wait for it. `http_port` 0: any.
[[nodiscard]] Variables GatewaySettings(int http_port, const Variables& services);

// One of our servers as a real process: settings come as environment variables, the ports that it
// listens on are read from its log. It can be killed, stopped and started again with the same
// settings, as often as needed. Blocks; not thread-safe. Start it on a thread that lives as long as
// the process shall, since it dies with that thread. Waiting throws std::runtime_error with the end
// of the log when it was in vain.
class ServerProcess {
 public:
  // `binary`: a name in the build's bin directory, or in TRELLIS_BIN where that is set. `log_path`
  // is appended to over all restarts.
  ServerProcess(std::string name, std::string binary, Variables variables, std::string log_path,
                std::vector<std::string> flags = {});

  // Does not wait.
  void Start();
  void AwaitReady();
  void StartAndAwaitReady();
  // A setting for the next start.
  void Set(const std::string& variable, const std::string& value) { variables_[variable] = value; }

  void Kill();      // SIGKILL
  void Suspend();   // SIGSTOP
  void Continue();  // SIGCONT
  // SIGTERM, then waits. The exit code, or -signal.
  int Terminate(milliseconds patience = milliseconds(20000));
  void Signal(int signal) { process_->Signal(signal); }
  // Waits for the end. The exit code, or -signal.
  int AwaitExit(milliseconds patience = milliseconds(10000));

  [[nodiscard]] bool running() { return process_ != nullptr && process_->running(); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] const std::string& name() const { return name_; }

  // The port of "grpc", "ops" or "http". Waits until the process listens.
  [[nodiscard]] int Port(const std::string& what);
  // True when /readyz answers 200.
  [[nodiscard]] bool Ready();
  // A sample of /metrics by its name with labels as it stands there:
  // `trellis_worker_jobs_total{event="completed"}`. 0 when it is not there, NaN when nobody
  // answers: no comparison holds for that but !=.
  [[nodiscard]] double Metric(const std::string& sample);

  // "trellis_orders_total counter" for each metric of ours.
  [[nodiscard]] std::set<std::string> MetricNames();

  // What it has printed since its last start, and the last lines of that.
  [[nodiscard]] std::string Log() const;
  [[nodiscard]] std::string LogTail(int lines = 30) const;

 private:
  [[nodiscard]] int OpsPort();
  [[noreturn]] void Fail(const std::string& what) const;

  const std::string name_;
  const std::string binary_;
  const std::string log_path_;
  const std::vector<std::string> flags_;
  Variables variables_;
  std::unique_ptr<base::testing::Subprocess> process_;
  size_t log_start_ = 0;
  std::map<std::string, int> ports_;  // since the last start
};

}  // namespace trellis::testing

#endif  // TESTS_SUPPORT_SERVER_PROCESS_H_
