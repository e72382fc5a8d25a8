#ifndef GATEWAY_UPSTREAM_HTTP2_TESTING_FAKE_PEER_H_
#define GATEWAY_UPSTREAM_HTTP2_TESTING_FAKE_PEER_H_

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>

#include "gateway/upstream/http2/testing/fake_server.h"
#include "mesh/base/reactors.h"

namespace trellis::gateway::http2::testing {

// A FakeServer for each connection to a port of loopback, on a thread of its own.
class FakePeer {
 public:
  // What to do about the call of this index; false breaks the connection. On the peer's thread.
  using OnCall = std::function<bool(FakeServer& server, size_t index)>;

  explicit FakePeer(OnCall on_call);
  ~FakePeer();
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  [[nodiscard]] std::string address() const;

 private:
  boost::asio::awaitable<void> Accept();
  boost::asio::awaitable<void> Serve(boost::asio::ip::tcp::socket socket);

  const OnCall on_call_;
  base::Reactors reactors_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace trellis::gateway::http2::testing

#endif  // GATEWAY_UPSTREAM_HTTP2_TESTING_FAKE_PEER_H_
