#ifndef GATEWAY_UPSTREAM_HTTP2_ENDPOINT_POOL_H_
#define GATEWAY_UPSTREAM_HTTP2_ENDPOINT_POOL_H_

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>

#include "gateway/upstream/http2/connection.h"
#include "mesh/base/backoff.h"
#include "mesh/base/options.h"
#include "mesh/base/retry_budget.h"

namespace trellis::gateway::http2 {

struct PoolOptions {
  base::HostPort target;  // resolved again and again: behind the name may be many servers
  ConnectionOptions connection;
  base::BackoffPolicy reconnect{base::milliseconds(20), base::milliseconds(1000)};
  base::milliseconds resolve_interval{30'000};
};

// One reactor's connections to the servers of a service: one to each address of its name, connected
// again for ever, used in turn. Belongs to its reactor but for ready(). Held by shared_ptr.
class EndpointPool : public std::enable_shared_from_this<EndpointPool> {
 public:
  EndpointPool(boost::asio::any_io_executor executor, PoolOptions options);
  EndpointPool(const EndpointPool&) = delete;
  EndpointPool& operator=(const EndpointPool&) = delete;

  void Start();  // on any thread
  void Close();  // on the reactor's thread, or when it has stopped

  // A connection to call on; null when there is none.
  [[nodiscard]] std::shared_ptr<Connection> Pick();
  // As Pick, but waits while a server may yet turn out to be there. UNAVAILABLE as soon as none
  // can be reached, DEADLINE_EXCEEDED.
  [[nodiscard]] boost::asio::awaitable<absl::StatusOr<std::shared_ptr<Connection>>> Wait(
      base::Deadline deadline);

  [[nodiscard]] bool ready() const { return ready_.load() > 0; }  // thread-safe
  [[nodiscard]] const std::string& authority() const { return authority_; }
  [[nodiscard]] base::RetryBudget& retries() { return retries_; }

 private:
  using TcpEndpoint = boost::asio::ip::tcp::endpoint;
  struct Endpoint {
    std::shared_ptr<Connection> connection;  // null while it takes no calls
    bool failing = false;                    // the last attempt failed
    bool gone = false;                       // the name has it no longer
  };

  boost::asio::awaitable<void> ResolveLoop();
  void OnResolved(const std::set<TcpEndpoint>& addresses);
  boost::asio::awaitable<void> Maintain(TcpEndpoint address, std::shared_ptr<Endpoint> endpoint);
  void OnChange();
  [[nodiscard]] bool MayBecomeReady() const;

  const boost::asio::any_io_executor executor_;
  const PoolOptions options_;
  const std::string authority_;
  std::map<TcpEndpoint, std::shared_ptr<Endpoint>> endpoints_;
  std::vector<std::shared_ptr<Connection>> usable_;
  size_t next_ = 0;
  std::atomic<size_t> ready_ = 0;
  bool resolved_ = false;  // at least once, or failed
  std::string failure_ = "not connected yet";
  boost::asio::steady_timer resolve_timer_;
  base::SteadyTime resolved_at_{}, resolve_next_{};
  std::set<boost::asio::steady_timer*> waiting_;
  // gRFC A6's example: a tenth of the calls, a hundred at once.
  base::RetryBudget retries_{100, 0.1};
  bool closed_ = false;
};

}  // namespace trellis::gateway::http2

#endif  // GATEWAY_UPSTREAM_HTTP2_ENDPOINT_POOL_H_
