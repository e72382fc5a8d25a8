#include "gateway/upstream/http2/testing/fake_peer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace trellis::gateway::http2::testing {

namespace asio = boost::asio;
using asio::ip::tcp;

FakePeer::FakePeer(OnCall on_call)
    : on_call_(std::move(on_call)), acceptor_(reactors_[0], {asio::ip::address_v4::loopback(), 0}) {
  asio::co_spawn(
      reactors_[0], [this] { return Accept(); }, asio::detached);
  reactors_.Start();
}

FakePeer::~FakePeer() { reactors_.Stop(); }

std::string FakePeer::address() const {
  return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

asio::awaitable<void> FakePeer::Accept() {
  for (;;) {
    tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
    asio::co_spawn(reactors_[0], Serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> FakePeer::Serve(tcp::socket socket) {
  FakeServer server;
  std::vector<char> input(64 * 1024);
  boost::system::error_code error;
  size_t seen = 0;
  while (!error) {
    const std::string output = server.TakeOutput();
    co_await asio::async_write(socket, asio::buffer(output),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    const size_t size = co_await socket.async_read_some(
        asio::buffer(input), asio::redirect_error(asio::use_awaitable, error));
    server.Feed({input.data(), size});
    while (seen < server.calls()) {
      if (!on_call_(server, seen++)) co_return;
    }
  }
}

}  // namespace trellis::gateway::http2::testing
