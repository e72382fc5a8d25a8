#include "gateway/upstream_monitor.h"

namespace trellis::gateway {
namespace {

constexpr base::milliseconds kPeriod{500};
constexpr base::milliseconds kStartPeriod{50};
constexpr base::milliseconds kPatience{5000};

}  // namespace

UpstreamMonitor::UpstreamMonitor(boost::asio::any_io_executor executor,
                                 const std::map<std::string, Upstream*>& upstreams,
                                 app::Process& process)
    : readiness_(process.readiness()), timer_(executor) {
  for (const auto& [name, upstream] : upstreams) {
    watched_.push_back(
        {name, upstream,
         &process.metrics().AddGauge("trellis_gateway_upstream_connected",
                                     "1 while a server can be reached.", {{"service", name}})});
  }
  readiness_.Set("startup", false, "reaching the services");
  Look();
}

void UpstreamMonitor::Look() {
  bool all = true;
  for (const Watched& watched : watched_) {
    const bool connected = watched.upstream->Connected();
    watched.gauge->Set(connected ? 1 : 0);
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

}  // namespace trellis::gateway
