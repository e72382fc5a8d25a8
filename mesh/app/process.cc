#include "mesh/app/process.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "mesh/telemetry/log.h"

namespace trellis::app {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

class Process::OpsServer {
 public:
  OpsServer(const std::string& address, OpsHandler& handler)
      : server_(reactors_, Options(address), handler) {
    reactors_.Start();
  }
  ~OpsServer() { server_.Drain(base::Deadline::After(base::milliseconds(500))); }
  absl::Status Start() { return server_.Start(); }
  [[nodiscard]] int port() const { return server_.port(); }

 private:
  static http::ServerOptions Options(const std::string& address) {
    http::ServerOptions options;
    options.address = address;
    options.max_connections = 256;
    return options;
  }
  base::Reactors reactors_{1};
  http::Server server_;
};

void ProcessOptions::AddTo(base::OptionTable& table) {
  if (!ops_addr.empty()) {
    table.AddAddress("ops-addr", "OPS_ADDR", &ops_addr,
                     "where /metrics, /healthz and /readyz are served");
  }
  table.AddChoice("log-level", "LOG_LEVEL", &log_level, {"debug", "info", "warn", "error"},
                  "least level that is logged; message texts only at debug");
  table.Add("drain-timeout", "DRAIN_TIMEOUT", &drain_timeout,
            "time to finish what is in hand after SIGTERM");
}

Process::Process(ProcessOptions options) : options_(std::move(options)) {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  telemetry::StartLog(options_.name, options_.log_level);
}

Process::~Process() {
  ops_server_.reset();
  telemetry::StopLog();
}

void Process::LogListening(const std::string& what, int port) const {
  telemetry::Log(telemetry::Level::kInfo, "listening", {{"what", what}, {"port", port}});
}

int Process::RunUntilSignal(const std::function<bool(base::Deadline)>& drain) {
  if (!options_.ops_addr.empty()) {
    ops_server_ = std::make_unique<OpsServer>(options_.ops_addr, ops_);
    if (absl::Status status = ops_server_->Start(); !status.ok()) {
      Fail(base::MessageOf(status));
    }
    LogListening("ops", ops_server_->port());
  }
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  telemetry::Log(telemetry::Level::kInfo, "stopping",
                 {{"signal", signal}, {"drain_ms", options_.drain_timeout.count()}});
  // From here on a signal means: at once. A watcher, because drain blocks this thread.
  std::thread([signals] {
    int second = 0;
    sigwait(&signals, &second);
    _exit(1);
  }).detach();
  readiness_.StartDraining();
  const bool ended = drain(base::Deadline::After(options_.drain_timeout));
  const int code = aborted_ ? 1 : 0;
  telemetry::Log(telemetry::Level::kInfo, "stopped", {{"everything_ended", ended}});
  if (!ended) {
    telemetry::StopLog();
    _exit(code);
  }
  return code;
}

void Process::Fail(const std::string& message) {
  telemetry::Log(telemetry::Level::kError, message);
  telemetry::StopLog();
  std::fprintf(stderr, "%s: %s\n", options_.name.c_str(), message.c_str());
  _exit(1);
}

void Process::Abort(const std::string& reason) {
  if (aborted_.exchange(true)) return;
  telemetry::Log(telemetry::Level::kError, "stopping after a fault", {{"reason", reason}});
  kill(getpid(), SIGTERM);
}

}  // namespace trellis::app
