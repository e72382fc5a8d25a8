#ifndef GATEWAY_HTTP_GATEWAY_HANDLER_H_
#define GATEWAY_HTTP_GATEWAY_HANDLER_H_

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "gateway/http/recorder.h"
#include "gateway/http/static_files.h"
#include "gateway/routing/route_table.h"
#include "gateway/upstream/upstream.h"
#include "mesh/app/ops.h"
#include "mesh/http/server.h"

namespace trellis::gateway {

struct GatewayOptions {
  base::milliseconds request_timeout{10'000};
  // A silent Server-Sent Events stream gets a comment this often, so that proxies keep it open.
  base::milliseconds heartbeat{15'000};
  std::string access_log = "errors";  // none, errors, all
};

// An HTTP request into a call of an upstream and back. Thread-safe; routes, upstreams (by full
// service name), ops and files are borrowed. Files and ops come before routes.
class GatewayHandler final : public http::Handler {
 public:
  GatewayHandler(const RouteTable& routes, std::map<std::string, Upstream*> upstreams,
                 const app::OpsHandler& ops, const StaticFiles& files, telemetry::Metrics& metrics,
                 GatewayOptions options);
  ~GatewayHandler() override;

  boost::asio::awaitable<void> Handle(const http::Request& request,
                                      http::Responder& responder) override;

 private:
  struct Target;    // what a route calls
  struct Exchange;  // one request on its way

  boost::asio::awaitable<void> Call(Exchange& exchange, const MatchResult& match);
  boost::asio::awaitable<void> CallUnary(Exchange& exchange, const Target& target,
                                         const OutgoingCall& call,
                                         const google::protobuf::Message& message);
  boost::asio::awaitable<void> CallStreaming(Exchange& exchange, const Target& target,
                                             const OutgoingCall& call,
                                             const google::protobuf::Message& message);
  boost::asio::awaitable<void> SendError(Exchange& exchange, const absl::Status& status);
  boost::asio::awaitable<void> Send(Exchange& exchange, http::Response response);

  const RouteTable& routes_;
  const app::OpsHandler& ops_;
  const StaticFiles& files_;
  const GatewayOptions options_;
  std::unordered_map<const google::protobuf::MethodDescriptor*, std::unique_ptr<HttpRecorder>>
      recorders_;
  std::unordered_map<const Route*, std::unique_ptr<Target>> targets_;
  HttpRecorder unrouted_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_HTTP_GATEWAY_HANDLER_H_
