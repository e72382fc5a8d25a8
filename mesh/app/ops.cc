#include "mesh/app/ops.h"

namespace trellis::app {

// Whoever asks gets what holds now.
std::string OpsHandler::Metrics() const {
  ready_.Set(readiness_.ready() ? 1 : 0);
  for (const auto& [name, there] : readiness_.Dependencies()) {
    metrics_
        .AddGauge("trellis_dependency_ready", "1 while what the process needs is there.",
                  {{"dependency", name}})
        .Set(there ? 1 : 0);
  }
  return metrics_.Text();
}

bool OpsHandler::Answer(std::string_view path, http::Response* response) const {
  if (path == "/metrics") {
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    response->body = Metrics();
  } else if (path == "/healthz") {
    response->body = "{\"alive\":true}\n";
  } else if (path == "/readyz") {
    response->status = readiness_.ready() ? 200 : 503;
    response->body = readiness_.Json();
  } else {
    return false;
  }
  return true;
}

boost::asio::awaitable<void> OpsHandler::Handle(const http::Request& request,
                                                http::Responder& responder) {
  http::Response response;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.headers.emplace_back("Allow", "GET, HEAD");
    response.body = R"({"code":12,"message":"use GET","details":[]})";
  } else if (!Answer(request.path, &response)) {
    response.status = 404;
    response.body =
        R"({"code":5,"message":"there are /metrics, /healthz and /readyz","details":[]})";
  }
  co_await responder.Send(std::move(response));
}

}  // namespace trellis::app
