#include "gateway/upstream/http2/stream.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

#include "gateway/upstream/http2/grpc_wire.h"

namespace trellis::gateway::http2 {
namespace {

namespace asio = boost::asio;

constexpr int kAttempts = 3;

class Stream final : public UpstreamStream, private CallObserver {
 public:
  Stream(std::shared_ptr<EndpointPool> pool, asio::any_io_executor executor,
         const OutgoingCall& call, std::string body,
         std::unique_ptr<google::protobuf::Message> message)
      : pool_(std::move(pool)),
        change_(executor),
        call_(call),
        body_(std::move(body)),
        message_(std::move(message)) {}
  ~Stream() override {
    if (connection_) connection_->Cancel(id_);
  }

  asio::awaitable<Event> Read(base::milliseconds patience) override {
    if (!started_) co_await Start();
    if (waiting_.empty() && !end_) {
      change_.expires_after(patience);
      boost::system::error_code ignored;
      co_await change_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (!waiting_.empty()) co_return Take();
    if (!end_) co_return Event::kIdle;
    if (end_->unprocessed && attempts_ < kAttempts) {
      started_ = false;
      end_.reset();
      co_return Event::kIdle;  // called again, it starts again
    }
    co_return Event::kEnd;
  }

  [[nodiscard]] const google::protobuf::Message& message() const override { return *message_; }
  [[nodiscard]] absl::Status status() const override { return end_->status; }
  [[nodiscard]] MetadataList metadata() const override { return metadata_; }
  void Cancel() override {
    if (connection_) connection_->Cancel(id_);
    connection_ = nullptr;
    End(base::MakeStatus(absl::StatusCode::kCancelled, "the client went away"));
  }

 private:
  asio::awaitable<void> Start() {
    started_ = true;
    ++attempts_;
    auto connection = co_await pool_->Wait(call_.deadline);
    if (end_) co_return;  // cancelled meanwhile
    if (!connection.ok()) {
      End(connection.status());
      co_return;
    }
    const CallHead head{pool_->authority(), call_};
    const auto id = (*connection)->Start(head, body_, this);
    if (!id.ok()) {
      end_ = {id.status(), true};
      co_return;
    }
    id_ = *id;
    connection_ = std::move(*connection);
  }

  Event Take() {
    const bool readable = message_->ParseFromString(waiting_.front());
    waiting_.pop_front();
    if (!readable) {
      Cancel();
      waiting_.clear();
      end_->status =
          base::MakeStatus(absl::StatusCode::kInternal, "the server's message cannot be read");
      return Event::kEnd;
    }
    if (waiting_.empty() && connection_) connection_->Resume(id_);
    return Event::kMessage;
  }

  void OnHeaders(MetadataList metadata) override { metadata_ = std::move(metadata); }
  bool OnMessage(std::string_view message) override {
    waiting_.emplace_back(message);
    change_.cancel();
    return false;
  }
  void OnEnd(CallEnd end) override {
    connection_ = nullptr;
    if (!end_) end_ = std::move(end);
    change_.cancel();
  }
  void End(absl::Status status) { OnEnd({std::move(status), false}); }

  const std::shared_ptr<EndpointPool> pool_;
  asio::steady_timer change_;
  const OutgoingCall call_;
  const std::string body_;
  const std::unique_ptr<google::protobuf::Message> message_;
  std::deque<std::string> waiting_;
  MetadataList metadata_;
  bool started_ = false;
  int attempts_ = 0;
  std::shared_ptr<Connection> connection_;  // while the call is under way
  Session::CallId id_ = 0;
  std::optional<CallEnd> end_;
};

}  // namespace

std::unique_ptr<UpstreamStream> MakeStream(std::shared_ptr<EndpointPool> pool,
                                           asio::any_io_executor executor, const OutgoingCall& call,
                                           const google::protobuf::Message& request,
                                           std::unique_ptr<google::protobuf::Message> message) {
  return std::make_unique<Stream>(std::move(pool), std::move(executor), call,
                                  EncodeMessage(request), std::move(message));
}

}  // namespace trellis::gateway::http2
