#ifndef MESH_RPC_HANDLER_H_
#define MESH_RPC_HANDLER_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

#include "mesh/rpc/call_context.h"
#include "mesh/rpc/runtime.h"
#include "mesh/rpc/status.h"

// Binds coroutines to gRPC's callback API. Include it in the .cc of a service only: grpcpp is
// heavy.
//
//   grpc::ServerUnaryReactor* Enqueue(grpc::CallbackServerContext* context,
//                                     const EnqueueRequest* request,
//                                     EnqueueResponse* response) override {
//     return rpc::Unary(runtime_, recorder_, context, request, response,
//                       std::bind_front(&EnqueueRpc::HandleEnqueue, this));
//   }
//
// The handler is a coroutine awaitable<absl::StatusOr<Response>>(CallContext, const Request&); it
// runs on one of the reactors, never on a gRPC thread. When the client cancels or its deadline
// passes, the next co_await on a cancellable operation (a timer) throws, and the coroutine unwinds.
namespace trellis::rpc {

namespace internal {

// From the metadata of the call. `bounded`: apply the server's own limit to the deadline.
CallContext MakeCallContext(const grpc::CallbackServerContext& context, const Runtime& runtime,
                            bool bounded);

// RESOURCE_EXHAUSTED, for calls beyond RuntimeOptions::max_in_flight.
absl::Status TooManyInFlight();

// INTERNAL for what a handler threw; CANCELLED when it was the cancellation.
absl::Status StatusFromException(const std::exception_ptr& exception);

// The part of a call that outlives gRPC's reactor while a posted cancellation is on its way.
// Touched on the call's reactor only.
struct Cancellation {
  boost::asio::cancellation_signal signal;
  bool ended = false;
};

// What unary and streaming calls have in common: entering, leaving, recording, cancelling.
class CallBase {
 public:
  CallBase(Runtime& runtime, MethodRecorder& recorder, const grpc::CallbackServerContext& context,
           bool bounded);

 protected:
  // OK when the handler may start.
  absl::Status Enter();
  void Cancel();
  // To be called before gRPC's Finish, once.
  void Record(const absl::Status& status);

  [[nodiscard]] boost::asio::io_context& io() { return runtime_.reactors()[context_.reactor]; }

  Runtime& runtime_;
  CallContext context_;
  std::shared_ptr<Cancellation> cancellation_ = std::make_shared<Cancellation>();

 private:
  MethodRecorder& recorder_;
  const base::SteadyTime start_ = std::chrono::steady_clock::now();
  bool entered_ = false;
};

template <typename Request, typename Response, typename Handler>
class UnaryCall final : public grpc::ServerUnaryReactor, private CallBase {
 public:
  UnaryCall(Runtime& runtime, MethodRecorder& recorder, grpc::CallbackServerContext* context,
            const Request* request, Response* response, Handler handler)
      : CallBase(runtime, recorder, *context, true),
        request_(*request),
        response_(*response),
        handler_(std::move(handler)) {
    if (absl::Status status = Enter(); !status.ok()) {
      End(status);
      return;
    }
    boost::asio::co_spawn(
        io(), [this] { return handler_(context_, request_); },
        boost::asio::bind_cancellation_slot(
            cancellation_->signal.slot(),
            [this](std::exception_ptr exception, absl::StatusOr<Response> result) {
              cancellation_->ended = true;
              if (exception) return End(StatusFromException(exception));
              if (result.ok()) response_ = std::move(*result);
              End(result.status());
            }));
  }

  void OnDone() override { delete this; }
  void OnCancel() override { Cancel(); }

 private:
  // OnDone is short and takes no lock: let gRPC run it where it is, without a change of thread.
  bool InternalInlineable() override { return true; }

  // The call may be gone when Finish returns.
  void End(const absl::Status& status) {
    Record(status);
    Finish(ToGrpc(status));
  }

  const Request& request_;
  Response& response_;
  Handler handler_;
};

}  // namespace internal

template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Unary(Runtime& runtime, MethodRecorder& recorder,
                                grpc::CallbackServerContext* context, const Request* request,
                                Response* response, Handler handler) {
  return new internal::UnaryCall<Request, Response, Handler>(runtime, recorder, context, request,
                                                             response, std::move(handler));
}

// Where a server-streaming handler puts its messages. Used on the call's reactor.
template <typename Response>
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Resumes when gRPC has taken the message; false when the client is gone.
  [[nodiscard]] virtual boost::asio::awaitable<bool> Write(Response message) = 0;
};

namespace internal {

template <typename Request, typename Response, typename Handler>
class StreamingCall final : public grpc::ServerWriteReactor<Response>,
                            public StreamWriter<Response>,
                            private CallBase {
 public:
  StreamingCall(Runtime& runtime, MethodRecorder& recorder, grpc::CallbackServerContext* context,
                const Request* request, Handler handler)
      : CallBase(runtime, recorder, *context, false),
        request_(*request),
        handler_(std::move(handler)) {
    if (absl::Status status = Enter(); !status.ok()) {
      End(status);
      return;
    }
    boost::asio::co_spawn(
        io(), [this] { return handler_(context_, request_, *this); },
        boost::asio::bind_cancellation_slot(
            cancellation_->signal.slot(),
            [this](std::exception_ptr exception, absl::Status status) {
              cancellation_->ended = true;
              End(exception ? StatusFromException(exception) : status);
            }));
  }

  boost::asio::awaitable<bool> Write(Response message) override {
    message_ = std::move(message);
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                   void(bool)>(
        [this](auto handler) {
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          resume_ = [shared](bool ok) { std::move (*shared)(ok); };
          this->StartWrite(&message_);
        },
        boost::asio::use_awaitable);
  }

  void OnWriteDone(bool ok) override {
    boost::asio::post(io(), [this, ok] { std::exchange(resume_, nullptr)(ok); });
  }
  void OnDone() override { delete this; }
  void OnCancel() override { Cancel(); }

 private:
  void End(const absl::Status& status) {
    Record(status);
    this->Finish(ToGrpc(status));
  }

  const Request& request_;
  Handler handler_;
  Response message_;
  std::function<void(bool)> resume_;
};

}  // namespace internal

// As Unary; the handler is awaitable<absl::Status>(CallContext, const Request&,
// StreamWriter<Response>&).
template <typename Response, typename Request, typename Handler>
grpc::ServerWriteReactor<Response>* ServerStreaming(Runtime& runtime, MethodRecorder& recorder,
                                                    grpc::CallbackServerContext* context,
                                                    const Request* request, Handler handler) {
  return new internal::StreamingCall<Request, Response, Handler>(runtime, recorder, context,
                                                                 request, std::move(handler));
}

}  // namespace trellis::rpc

#endif  // MESH_RPC_HANDLER_H_
