#ifndef GATEWAY_UPSTREAM_TESTING_STREAM_FIXTURE_H_
#define GATEWAY_UPSTREAM_TESTING_STREAM_FIXTURE_H_

#include <memory>

#include "gateway/upstream/testing/upstream_fixture.h"

namespace trellis::gateway::testing {

using StreamWriter = rpc::StreamWriter<EchoResponse>;

// Writes `count` messages, or for ever when it is negative.
inline boost::asio::awaitable<absl::Status> Count(rpc::CallContext, const EchoRequest& request,
                                                  StreamWriter& writer) {
  bool alive = true;
  for (int i = 0; alive && i != request.count(); ++i) {
    EchoResponse message;
    message.set_index(i);
    message.set_text(request.text());
    alive = co_await writer.Write(std::move(message));
  }
  if (!alive) co_return absl::CancelledError("the client has gone");
  co_return absl::OkStatus();
}

inline boost::asio::awaitable<absl::Status> SayOneAndWait(rpc::CallContext, const EchoRequest&,
                                                          StreamWriter& writer) {
  EchoResponse message;
  (void)co_await writer.Write(std::move(message));
  co_await rpc::testing::WaitForEver();
  co_return absl::OkStatus();
}

// One stream of an upstream.
class StreamFixture : public UpstreamFixture {
 protected:
  StreamFixture() {
    call_.rpc_path = "/trellis.rpc.testing.EchoService/EchoStream";
    call_.deadline = base::Deadline::Infinite();
  }
  ~StreamFixture() override {
    if (stream_) Await(Destroy());
  }

  void Start(decltype(EchoHandlers::stream) handler, int count) {
    EchoHandlers handlers;
    handlers.stream = std::move(handler);
    Serve(std::move(handlers));
    request_.set_count(count);
    Await(Open());
  }
  UpstreamStream::Event Read(base::milliseconds patience = kPatience) {
    return Await(stream_->Read(patience));
  }
  [[nodiscard]] int index() const {
    return dynamic_cast<const EchoResponse&>(stream_->message()).index();
  }

  // On the reactor, as the stream wants it.
  boost::asio::awaitable<void> Open() {
    stream_ = upstream_->ServerStreaming(call_, request_, std::make_unique<EchoResponse>(),
                                         reactors_[0].get_executor());
    co_return;
  }
  boost::asio::awaitable<void> Destroy() {
    stream_.reset();
    co_return;
  }
  boost::asio::awaitable<void> Cancel() {
    stream_->Cancel();
    co_return;
  }

  std::unique_ptr<UpstreamStream> stream_;
};

}  // namespace trellis::gateway::testing

#endif  // GATEWAY_UPSTREAM_TESTING_STREAM_FIXTURE_H_
