#ifndef MESH_APP_OPS_H_
#define MESH_APP_OPS_H_

#include "mesh/app/readiness.h"
#include "mesh/http/server.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::app {

// Answers GET /metrics, /healthz (alive), /readyz (200 or 503 with the dependencies' state). What
// /readyz says is also among the metrics. Holds references; thread-safe.
class OpsHandler final : public http::Handler {
 public:
  OpsHandler(telemetry::Metrics& metrics, const Readiness& readiness)
      : metrics_(metrics),
        readiness_(readiness),
        ready_(metrics.AddGauge("trellis_ready", "1 while the process serves (see /readyz).")) {}

  boost::asio::awaitable<void> Handle(const http::Request& request,
                                      http::Responder& responder) override;

  // The answer for one of the three paths; false for any other path.
  [[nodiscard]] bool Answer(std::string_view path, http::Response* response) const;

 private:
  [[nodiscard]] std::string Metrics() const;

  telemetry::Metrics& metrics_;
  const Readiness& readiness_;
  telemetry::Gauge& ready_;
};

}  // namespace trellis::app

#endif  // MESH_APP_OPS_H_
