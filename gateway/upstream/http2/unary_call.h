#ifndef GATEWAY_UPSTREAM_HTTP2_UNARY_CALL_H_
#define GATEWAY_UPSTREAM_HTTP2_UNARY_CALL_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "gateway/upstream/http2/connection.h"
#include "mesh/base/completion.h"

namespace trellis::gateway::http2 {

// One attempt of a unary call on one connection. Belongs to its reactor. Outlives Run.
class UnaryCall final : private CallObserver {
 public:
  UnaryCall(std::shared_ptr<Connection> connection, boost::asio::any_io_executor executor,
            google::protobuf::Message* response);
  ~UnaryCall() override;
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

  // Until the call ended, its deadline passed or it was cancelled. Once.
  [[nodiscard]] boost::asio::awaitable<CallEnd> Run(CallHead head,
                                                    const google::protobuf::Message& request);
  void Cancel();
  // After Run: what the server sent at its start.
  [[nodiscard]] MetadataList TakeMetadata() { return std::move(metadata_); }

 private:
  void OnHeaders(MetadataList metadata) override;
  bool OnMessage(std::string_view message) override;
  void OnEnd(CallEnd end) override;

  const std::shared_ptr<Connection> connection_;
  google::protobuf::Message& response_;
  const boost::asio::any_io_executor executor_;
  Session::CallId id_ = 0;
  MetadataList metadata_;
  int messages_ = 0;
  bool readable_ = true;
  std::unique_ptr<base::Completion<CallEnd>> waiting_;
};

}  // namespace trellis::gateway::http2

#endif  // GATEWAY_UPSTREAM_HTTP2_UNARY_CALL_H_
