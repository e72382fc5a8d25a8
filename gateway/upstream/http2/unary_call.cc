#include "gateway/upstream/http2/unary_call.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "gateway/upstream/http2/grpc_wire.h"

namespace trellis::gateway::http2 {

namespace asio = boost::asio;

UnaryCall::UnaryCall(std::shared_ptr<Connection> connection, asio::any_io_executor executor,
                     google::protobuf::Message* response)
    : connection_(std::move(connection)), response_(*response), executor_(std::move(executor)) {}

UnaryCall::~UnaryCall() {
  if (waiting_) connection_->Cancel(id_);
}

asio::awaitable<CallEnd> UnaryCall::Run(CallHead head, const google::protobuf::Message& request) {
  if (head.call.deadline.Expired()) {
    co_return CallEnd{base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                                       "the deadline had passed before the call was made"),
                      false};
  }
  const absl::StatusOr<Session::CallId> id = connection_->Start(head, EncodeMessage(request), this);
  if (!id.ok()) co_return CallEnd{id.status(), true};
  id_ = *id;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(CallEnd)>(
      [this](auto handler) { waiting_ = base::MakeCompletion<CallEnd>(std::move(handler)); },
      asio::use_awaitable);
}

void UnaryCall::Cancel() {
  if (!waiting_) return;
  connection_->Cancel(id_);
  // Not inline: who cancels may be held by the one who waits.
  asio::post(executor_, [waiting = std::move(waiting_)] {
    waiting->Done({base::MakeStatus(absl::StatusCode::kCancelled, "the client went away"), false});
  });
}

void UnaryCall::OnHeaders(MetadataList metadata) { metadata_ = std::move(metadata); }

bool UnaryCall::OnMessage(std::string_view message) {
  ++messages_;
  readable_ = response_.ParseFromArray(message.data(), static_cast<int>(message.size()));
  return true;
}

void UnaryCall::OnEnd(CallEnd end) {
  if (end.status.ok() && (messages_ != 1 || !readable_)) {
    end.status = base::MakeStatus(absl::StatusCode::kInternal,
                                  messages_ == 1 ? "the server's message cannot be read"
                                                 : "the server sent " + std::to_string(messages_) +
                                                       " messages where one is due");
  }
  const auto waiting = std::move(waiting_);
  waiting->Done(std::move(end));
}

}  // namespace trellis::gateway::http2
