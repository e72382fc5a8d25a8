#ifndef MESH_HTTP_TESTING_SERVER_FIXTURE_H_
#define MESH_HTTP_TESTING_SERVER_FIXTURE_H_

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/base/testing/subprocess.h"
#include "mesh/http/server.h"
#include "mesh/http/testing/raw_client.h"

namespace trellis::http::testing {

// A handler made of a function.
class FunctionHandler final : public Handler {
 public:
  using Function = std::function<boost::asio::awaitable<void>(const Request&, Responder&)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  boost::asio::awaitable<void> Handle(const Request& request, Responder& responder) override {
    return function_(request, responder);
  }

 private:
  Function function_;
};

// Where handlers wait until the test lets them go on. All waiting is on one reactor.
class Gate {
 public:
  explicit Gate(boost::asio::io_context& context) : timer_(context) {
    timer_.expires_at(base::SteadyTime::max());
  }
  // On the reactor.
  boost::asio::awaitable<void> Wait() {
    waiting_.fetch_add(1);
    boost::system::error_code ignored;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    waiting_.fetch_sub(1);
  }
  // From any thread; for those who wait and those who will.
  void Open() {
    boost::asio::post(timer_.get_executor(),
                      [this] { timer_.expires_at(base::SteadyTime::min()); });
  }
  [[nodiscard]] int waiting() const { return waiting_.load(); }

 private:
  boost::asio::steady_timer timer_;
  std::atomic<int> waiting_{0};
};

// Says what it was asked: "METHOD path query body".
inline boost::asio::awaitable<void> Echo(const Request& request, Responder& responder) {
  Response response;
  response.content_type = "text/plain";
  response.body.append(request.method).append(" ").append(request.path).append(" ");
  response.body.append(request.query).append(" ").append(request.body);
  const bool sent = co_await responder.Send(std::move(response));
  (void)sent;
}

// A server on a free port of loopback with one reactor and the handler and limits of each test.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { options_.address = "127.0.0.1:0"; }
  ~ServerTest() override { gate_.Open(); }

  void Start(FunctionHandler::Function function = Echo) {
    handler_ = std::make_unique<FunctionHandler>(std::move(function));
    server_ = std::make_unique<Server>(reactors_, options_, *handler_);
    const absl::Status status = server_->Start();
    ASSERT_TRUE(status.ok()) << status;
    reactors_.Start();
  }

  // True when a new connection gets an answer to a good request.
  bool Answers() {
    RawClient client(server_->port());
    client.Send("GET /well HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.Read().status == 200;
  }

  bool WaitConnections(int count) {
    return base::testing::WaitUntil([this, count] { return server_->connections() == count; });
  }

  ServerOptions options_;
  base::Reactors reactors_{1};
  Gate gate_{reactors_[0]};
  std::unique_ptr<FunctionHandler> handler_;
  std::unique_ptr<Server> server_;
};

}  // namespace trellis::http::testing

#endif  // MESH_HTTP_TESTING_SERVER_FIXTURE_H_
