#include "gateway/upstream/grpc_upstream.h"

#include <google/protobuf/empty.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/rpc/status.h"

namespace trellis::gateway {
namespace {

namespace asio = boost::asio;
using google::protobuf::Message;
using Stub = grpc::TemplatedGenericStub<Message, Message>;

constexpr std::chrono::seconds kProbeTimeout{1};

void Prepare(const OutgoingCall& call, grpc::ClientContext* context) {
  if (!call.deadline.IsInfinite()) {
    context->set_deadline(std::chrono::system_clock::now() + call.deadline.Remaining());
  }
  for (const auto& [key, value] : call.metadata) context->AddMetadata(key, value);
}

MetadataList Received(const grpc::ClientContext& context) {
  MetadataList list;
  for (const auto& [key, value] : context.GetServerInitialMetadata()) {
    list.emplace_back(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
  return list;
}

class GrpcStream final : public UpstreamStream {
 public:
  GrpcStream(Stub& stub, const OutgoingCall& call, const Message& request,
             std::unique_ptr<Message> message, const asio::any_io_executor& executor)
      : call_(std::make_shared<Call>(executor)) {
    Prepare(call, &call_->context);
    call_->request.reset(request.New());
    call_->request->CopyFrom(request);
    call_->message = std::move(message);
    call_->self = call_;
    stub.PrepareBidiStreamingCall(&call_->context, call.rpc_path, grpc::StubOptions(), call_.get());
    call_->StartWriteLast(call_->request.get(), grpc::WriteOptions());
    call_->StartRead(call_->message.get());
    call_->StartCall();
  }
  ~GrpcStream() override { call_->context.TryCancel(); }

  asio::awaitable<Event> Read(base::milliseconds patience) override {
    Call& call = *call_;
    if (call.taken) {
      call.taken = false;
      call.StartRead(call.message.get());
    }
    if (!call.arrived && !call.ended) {
      call.change.expires_after(patience);
      boost::system::error_code ignored;
      co_await call.change.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (call.arrived) {
      call.arrived = false;
      call.taken = true;
      co_return Event::kMessage;
    }
    co_return call.ended ? Event::kEnd : Event::kIdle;
  }

  [[nodiscard]] const Message& message() const override { return *call_->message; }
  [[nodiscard]] absl::Status status() const override { return rpc::FromGrpc(call_->status); }
  [[nodiscard]] MetadataList metadata() const override { return Received(call_->context); }
  void Cancel() override { call_->context.TryCancel(); }

 private:
  // Lives until gRPC is done with it, which may be after the stream has gone. Its state is touched
  // on the executor only; gRPC's callbacks post to it.
  struct Call final : public grpc::ClientBidiReactor<Message, Message> {
    explicit Call(const asio::any_io_executor& on) : executor(on), change(on) {}

    void OnReadDone(bool ok) override {
      if (!ok) return;  // OnDone follows
      asio::post(executor, [call = self] {
        call->arrived = true;
        call->change.cancel();
      });
    }
    void OnDone(const grpc::Status& result) override {
      asio::post(executor, [call = std::move(self), result] {
        call->status = result;
        call->ended = true;
        call->change.cancel();
      });
    }

    asio::any_io_executor executor;
    asio::steady_timer change;
    grpc::ClientContext context;
    std::unique_ptr<Message> request;
    // Not the caller's: gRPC may be reading into it when the caller has gone.
    std::unique_ptr<Message> message;
    std::shared_ptr<Call> self;  // kept by gRPC, so to say: until OnDone
    grpc::Status status;
    bool arrived = false;  // a message that has not been taken
    bool taken = false;    // the caller has it: read on
    bool ended = false;
  };

  std::shared_ptr<Call> call_;
};

class GrpcUpstream final : public Upstream {
 public:
  GrpcUpstream(std::shared_ptr<grpc::Channel> plain, std::shared_ptr<grpc::Channel> retrying)
      : plain_(std::move(plain)),
        retrying_(std::move(retrying)),
        plain_stub_(plain_),
        retrying_stub_(retrying_) {
    StartPolling(plain_stub_);
    StartPolling(retrying_stub_);
  }

  asio::awaitable<UnaryResult> Unary(const OutgoingCall& call, const Message& request,
                                     Message* response, CancelHandle* cancel) override {
    grpc::ClientContext context;
    Prepare(call, &context);
    if (cancel != nullptr) cancel->cancel = [&context] { context.TryCancel(); };
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const grpc::Status status =
        co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(grpc::Status)>(
            [&](auto handler) {
              auto shared = std::make_shared<decltype(handler)>(std::move(handler));
              StubFor(call).UnaryCall(&context, call.rpc_path, grpc::StubOptions(), &request,
                                      response, [executor, shared](grpc::Status result) {
                                        asio::post(executor, [shared, result = std::move(result)] {
                                          std::move (*shared)(result);
                                        });
                                      });
            },
            asio::use_awaitable);
    if (cancel != nullptr) cancel->cancel = nullptr;
    co_return UnaryResult{rpc::FromGrpc(status), Received(context)};
  }

  std::unique_ptr<UpstreamStream> ServerStreaming(const OutgoingCall& call, const Message& request,
                                                  std::unique_ptr<Message> message,
                                                  asio::any_io_executor executor) override {
    return std::make_unique<GrpcStream>(StubFor(call), call, request, std::move(message), executor);
  }

  bool Connected() override {
    const auto retrying = retrying_->GetState(true);
    return plain_->GetState(true) == GRPC_CHANNEL_READY && retrying == GRPC_CHANNEL_READY;
  }

 private:
  // gRPC's threads for callbacks begin with a channel's first call; before it nobody would read
  // from a connection that is being made, and the first request would fail. So make a call.
  static void StartPolling(Stub& stub) {
    struct Probe {
      grpc::ClientContext context;
      google::protobuf::Empty request, response;
    };
    auto probe = std::make_shared<Probe>();
    probe->context.set_deadline(std::chrono::system_clock::now() + kProbeTimeout);
    stub.UnaryCall(&probe->context, "/grpc.health.v1.Health/Check", grpc::StubOptions(),
                   &probe->request, &probe->response, [probe](const grpc::Status&) {});
  }

  Stub& StubFor(const OutgoingCall& call) { return call.idempotent ? retrying_stub_ : plain_stub_; }

  std::shared_ptr<grpc::Channel> plain_, retrying_;
  Stub plain_stub_, retrying_stub_;
};

}  // namespace

std::unique_ptr<Upstream> MakeGrpcUpstream(std::shared_ptr<grpc::Channel> plain,
                                           std::shared_ptr<grpc::Channel> retrying) {
  return std::make_unique<GrpcUpstream>(std::move(plain), std::move(retrying));
}

}  // namespace trellis::gateway
