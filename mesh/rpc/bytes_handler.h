#ifndef MESH_RPC_BYTES_HANDLER_H_
#define MESH_RPC_BYTES_HANDLER_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <string>

#include "mesh/rpc/handler.h"

// For methods whose answer is at hand in its serialized form, such as from a cache: it goes to the
// wire as it is, without a copy, and nothing is parsed. The service derives from the generated
// WithRawCallbackMethod_<Method>, whose method takes and gives grpc::ByteBuffer:
//
//   grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
//                                  const grpc::ByteBuffer* request,
//                                  grpc::ByteBuffer* response) override {
//     return rpc::UnaryToBytes<ListRequest>(runtime_, recorder_, context, request, response,
//                                           std::bind_front(&Rpc::HandleList, this));
//   }
//
// Include it in the .cc of a service only.
namespace trellis::rpc {

// One serialized message. Immutable; shared with gRPC until it is sent.
using MessageBytes = std::shared_ptr<const std::string>;

namespace internal {

inline grpc::ByteBuffer ToByteBuffer(MessageBytes bytes) {
  auto* owner = new MessageBytes(std::move(bytes));
  auto* data = const_cast<char*>((*owner)->data());  // gRPC does not write to it
  const grpc::Slice slice(
      data, (*owner)->size(), [](void* shared) { delete static_cast<MessageBytes*>(shared); },
      owner);
  return grpc::ByteBuffer(&slice, 1);
}

template <typename Request, typename Handler>
class BytesCall final : public grpc::ServerUnaryReactor, private CallBase {
 public:
  BytesCall(Runtime& runtime, MethodRecorder& recorder, grpc::CallbackServerContext* context,
            const grpc::ByteBuffer* request, grpc::ByteBuffer* response, Handler handler)
      : CallBase(runtime, recorder, *context, true),
        response_(*response),
        handler_(std::move(handler)) {
    absl::Status status = Enter();
    if (status.ok()) status = Parse(*request);
    if (!status.ok()) {
      End(status);
      return;
    }
    boost::asio::co_spawn(
        io(), [this] { return handler_(context_, request_); },
        boost::asio::bind_cancellation_slot(
            cancellation_->signal.slot(),
            [this](std::exception_ptr exception, absl::StatusOr<MessageBytes> result) {
              cancellation_->ended = true;
              if (exception) return End(StatusFromException(exception));
              if (result.ok()) response_ = ToByteBuffer(*std::move(result));
              End(result.status());
            }));
  }

  void OnDone() override { delete this; }
  void OnCancel() override { Cancel(); }

 private:
  bool InternalInlineable() override { return true; }

  absl::Status Parse(grpc::ByteBuffer buffer) {
    grpc::ProtoBufferReader reader(&buffer);
    if (reader.status().ok() && request_.ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
    return absl::InvalidArgumentError("the request is not a " + request_.GetTypeName());
  }

  // The call may be gone when Finish returns.
  void End(const absl::Status& status) {
    Record(status);
    Finish(ToGrpc(status));
  }

  Request request_;
  grpc::ByteBuffer& response_;
  Handler handler_;
};

}  // namespace internal

// As Unary; the handler is awaitable<absl::StatusOr<MessageBytes>>(CallContext, const Request&).
template <typename Request, typename Handler>
grpc::ServerUnaryReactor* UnaryToBytes(Runtime& runtime, MethodRecorder& recorder,
                                       grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                       Handler handler) {
  return new internal::BytesCall<Request, Handler>(runtime, recorder, context, request, response,
                                                   std::move(handler));
}

}  // namespace trellis::rpc

#endif  // MESH_RPC_BYTES_HANDLER_H_
