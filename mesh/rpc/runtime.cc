#include "mesh/rpc/runtime.h"

#include "mesh/telemetry/log.h"

namespace trellis::rpc {
namespace {

bool IsServerFault(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

}  // namespace

MethodRecorder::MethodRecorder(telemetry::Metrics& metrics, std::string method,
                               const RuntimeOptions& options)
    : method_(std::move(method)),
      options_(options),
      latency_(metrics.AddLatency("trellis_rpc_duration_seconds",
                                  "Time from the arrival of a call to its status.",
                                  {{"method", method_}})) {
  for (int code = 0; code < 17; ++code) {
    by_code_[code] = &metrics.AddCounter(
        "trellis_rpc_calls_total", "Calls that ended, by status code.",
        {{"method", method_},
         {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}});
  }
}

void MethodRecorder::Record(absl::StatusCode code, const std::string& message,
                            const std::string& request_id, base::SteadyTime start) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  latency_.Observe(elapsed.count());
  by_code_[static_cast<int>(code) % 17]->Increment();
  const bool fault = IsServerFault(code);
  if (options_.access_log == "none" || (options_.access_log == "errors" && !fault)) return;
  telemetry::Log(fault ? telemetry::Level::kWarn : telemetry::Level::kInfo, "call",
                 {{"method", method_},
                  {"code", absl::StatusCodeToString(code)},
                  {"error", message},
                  {"request_id", request_id},
                  {"seconds", elapsed.count()}});
}

Runtime::Runtime(base::Reactors& reactors, telemetry::Metrics& metrics, RuntimeOptions options)
    : reactors_(reactors),
      metrics_(metrics),
      options_(std::move(options)),
      in_flight_gauge_(metrics.AddGauge("trellis_rpc_in_flight", "Calls being handled.")) {}

MethodRecorder& Runtime::Recorder(const std::string& method) {
  const std::lock_guard lock(mutex_);
  auto& recorder = recorders_[method];
  if (!recorder) recorder = std::make_unique<MethodRecorder>(metrics_, method, options_);
  return *recorder;
}

bool Runtime::TryEnter() {
  if (in_flight_.fetch_add(1) >= options_.max_in_flight) {
    in_flight_.fetch_sub(1);
    return false;
  }
  in_flight_gauge_.Increment();
  return true;
}

void Runtime::Leave() {
  in_flight_.fetch_sub(1);
  in_flight_gauge_.Decrement();
}

}  // namespace trellis::rpc
