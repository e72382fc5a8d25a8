#include "gateway/http/recorder.h"

#include <algorithm>

namespace trellis::gateway {

HttpRecorder::HttpRecorder(telemetry::Metrics& metrics, const std::string& rpc)
    : latency_(metrics.AddLatency("trellis_http_duration_seconds",
                                  "Time from a whole request to its response.", {{"rpc", rpc}})) {
  for (size_t i = 1; i < by_class_.size(); ++i) {
    by_class_[i] =
        &metrics.AddCounter("trellis_http_requests_total", "HTTP requests, by class of the status.",
                            {{"rpc", rpc}, {"status", std::to_string(i) + "xx"}});
  }
}

void HttpRecorder::Record(int http_status, base::SteadyTime start) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  latency_.Observe(elapsed.count());
  by_class_[static_cast<size_t>(std::clamp(http_status / 100, 1, 5))]->Increment();
}

}  // namespace trellis::gateway
