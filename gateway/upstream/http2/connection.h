#ifndef GATEWAY_UPSTREAM_HTTP2_CONNECTION_H_
#define GATEWAY_UPSTREAM_HTTP2_CONNECTION_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "gateway/upstream/http2/session.h"

namespace trellis::gateway::http2 {

struct ConnectionOptions {
  base::milliseconds connect_timeout{1000};  // for TCP and the server's greeting
  // With calls under way and nothing heard for this long, the server is asked whether it is there,
  // and has ping_timeout to say so.
  base::milliseconds keepalive{10'000};
  base::milliseconds ping_timeout{3000};
};

// A Session on a socket. Calls that are started in one turn of the reactor leave in one write.
// Belongs to its reactor; suspends, never blocks. Held by shared_ptr: it keeps itself alive until
// its socket is closed.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::any_io_executor executor, ConnectionOptions options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // OK once the server has greeted. Once.
  [[nodiscard]] boost::asio::awaitable<absl::Status> Connect(
      boost::asio::ip::tcp::endpoint endpoint);
  // Until no more calls can be started here: OK when the server said so (calls under way go on),
  // else why the connection was lost. For one caller.
  [[nodiscard]] boost::asio::awaitable<absl::Status> Closing();

  // Whether a call may be started now.
  [[nodiscard]] bool open() const { return !closed_ && !session_.draining(); }
  // As the session's; deadlines are kept. Start fails when Closing has returned or is about to.
  [[nodiscard]] absl::StatusOr<Session::CallId> Start(const CallHead& head, std::string body,
                                                      CallObserver* observer);
  void Cancel(Session::CallId id);
  void Resume(Session::CallId id);
  // Ends the calls with UNAVAILABLE and closes the socket.
  void Close(const std::string& reason);

 private:
  boost::asio::awaitable<void> ReadLoop();
  void ScheduleFlush();
  void Flush();
  void ArmDeadline();
  void WatchSilence();
  void OnSilence();

  const boost::asio::any_io_executor executor_;
  const ConnectionOptions options_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer closing_;  // cancelled at each change that Closing or Connect wait for
  boost::asio::steady_timer keepalive_;
  boost::asio::steady_timer deadline_;
  base::SteadyTime armed_for_ = base::SteadyTime::max();
  Session session_;
  std::vector<char> input_;
  std::string out_, writing_;
  base::SteadyTime last_heard_{};
  bool pinged_ = false;
  bool flushing_ = false;
  bool closed_ = false;
  std::string reason_;
};

}  // namespace trellis::gateway::http2

#endif  // GATEWAY_UPSTREAM_HTTP2_CONNECTION_H_
