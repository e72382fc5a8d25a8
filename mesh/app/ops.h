#ifndef MESH_APP_OPS_H_
#define MESH_APP_OPS_H_

#include "mesh/app/readiness.h"
#include "mesh/http/server.h"
#include "mesh/telemetry/metrics.h"

namespace trellis::app {

// Answers GET /metrics, /healthz (alive), /readyz (200 or 503 with the dependencies' state). Holds
// references; thread-safe.
class OpsHandler final : public http::Handler {
 public:
  OpsHandler(const telemetry::Metrics& metrics, const Readiness& readiness)
      : metrics_(metrics), readiness_(readiness) {}

  boost::asio::awaitable<void> Handle(const http::Request& request,
                                      http::Responder& responder) override;

  // The answer for one of the three paths; false for any other path.
  [[nodiscard]] bool Answer(std::string_view path, http::Response* response) const;

 private:
  const telemetry::Metrics& metrics_;
  const Readiness& readiness_;
};

}  // namespace trellis::app

#endif  // MESH_APP_OPS_H_
