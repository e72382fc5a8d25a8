#ifndef GATEWAY_HTTP_RECORDER_H_
#define GATEWAY_HTTP_RECORDER_H_

#include <array>
#include <string>

#include "mesh/base/clock.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::gateway {

// Counts and times the HTTP requests of one RPC. Thread-safe.
class HttpRecorder {
 public:
  // `rpc`: "package.Service/Method", or "none" for requests that no route takes.
  HttpRecorder(telemetry::Metrics& metrics, const std::string& rpc);
  void Record(int http_status, base::SteadyTime start);

 private:
  telemetry::Histogram& latency_;
  std::array<telemetry::Counter*, 6> by_class_{};  // 1xx ... 5xx; the first is not used
};

}  // namespace trellis::gateway

#endif  // GATEWAY_HTTP_RECORDER_H_
