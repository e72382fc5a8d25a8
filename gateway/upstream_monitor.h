#ifndef GATEWAY_UPSTREAM_MONITOR_H_
#define GATEWAY_UPSTREAM_MONITOR_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>

#include "gateway/upstream/upstream.h"
#include "mesh/app/process.h"

namespace trellis::gateway {

// Looks every half second whether the upstreams can be reached, which also keeps their channels
// connecting, and shows it in /readyz and as a metric; another metric says what those that it
// reaches answer to gRPC's health check, which is whether they have what they depend on. The
// gateway becomes ready when it has reached all of them, or after five seconds without: the routes
// of the others work. Belongs to the reactor of its executor once that runs.
class UpstreamMonitor {
 public:
  UpstreamMonitor(boost::asio::any_io_executor executor,
                  const std::map<std::string, Upstream*>& upstreams, app::Process& process);

 private:
  struct Watched {
    std::string name;
    Upstream* upstream;
    telemetry::Gauge* connected;
    telemetry::Gauge* serving;
    bool checking = false;
  };
  void Look();
  boost::asio::awaitable<void> Check(Watched& watched);

  app::Readiness& readiness_;
  const base::SteadyTime start_ = std::chrono::steady_clock::now();
  bool started_ = false;
  std::vector<Watched> watched_;
  boost::asio::steady_timer timer_;
};

}  // namespace trellis::gateway

#endif  // GATEWAY_UPSTREAM_MONITOR_H_
