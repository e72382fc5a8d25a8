#include "gateway/upstream_monitor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "grpc/health/v1/health.pb.h"

namespace trellis::gateway {
namespace {

using grpc::health::v1::HealthCheckResponse;

constexpr base::milliseconds kPeriod{500};
constexpr base::milliseconds kStartPeriod{50};
constexpr base::milliseconds kPatience{5000};
constexpr base::milliseconds kCheckTimeout{1000};

}  // namespace

UpstreamMonitor::UpstreamMonitor(boost::asio::any_io_executor executor,
                                 const std::map<std::string, Upstream*>& upstreams,
                                 app::Process& process)
    : readiness_(process.readiness()), timer_(executor) {
  for (const auto& [name, upstream] : upstreams) {
    watched_.push_back(
        {name, upstream,
         &process.metrics().AddGauge("trellis_gateway_upstream_connected",
                                     "1 while a server can be reached.", {{"service", name}}),
         &process.metrics().AddGauge("trellis_gateway_upstream_serving",
                                     "1 while a server says that it has what it depends on.",
                                     {{"service", name}})});
  }
  readiness_.Set("startup", false, "reaching the services");
  Look();
}

void UpstreamMonitor::Look() {
  bool all = true;
  for (Watched& watched : watched_) {
    const bool connected = watched.upstream->Connected();
    watched.connected->Set(connected ? 1 : 0);
    if (!connected) {
      watched.serving->Set(0);
    } else if (!std::exchange(watched.checking, true)) {
      boost::asio::co_spawn(timer_.get_executor(), Check(watched), boost::asio::detached);
    }
    all = all && connected;
    readiness_.Inform(watched.name, connected, connected ? "connected" : "cannot be reached");
  }
  const bool patience_is_over = std::chrono::steady_clock::now() - start_ > kPatience;
  if (!std::exchange(started_, started_ || all || patience_is_over) && started_) {
    readiness_.Set("startup", true, "done");
  }
  timer_.expires_after(started_ ? kPeriod : kStartPeriod);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) Look();
  });
}

boost::asio::awaitable<void> UpstreamMonitor::Check(Watched& watched) {
  OutgoingCall call;
  call.rpc_path = "/grpc.health.v1.Health/Check";
  call.deadline = base::Deadline::After(kCheckTimeout);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(watched.name);
  HealthCheckResponse response;
  const UnaryResult result = co_await watched.upstream->Unary(call, request, &response, nullptr);
  const bool serving = result.status.ok() && response.status() == HealthCheckResponse::SERVING;
  watched.serving->Set(serving ? 1 : 0);
  watched.checking = false;
}

}  // namespace trellis::gateway
