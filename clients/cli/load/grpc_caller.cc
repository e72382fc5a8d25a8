#include "clients/cli/load/grpc_caller.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mesh/rpc/channel.h"
#include "mesh/rpc/status.h"

namespace trellis::cli::load {
namespace {

struct Call {
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  Caller::Done done;
};

}  // namespace

class GrpcCaller::Impl {
 public:
  Impl(const GrpcCallerOptions& options, MakeRequest make)
      : service_("/" + options.service + "/"),
        method_(options.method),
        timeout_(options.timeout),
        make_(std::move(make)) {
    rpc::ChannelOptions channel;
    channel.target = options.address;
    channel.service = options.service;
    for (int i = 0; i < options.connections; ++i) {
      channels_.push_back(rpc::MakeChannel(channel));
      stubs_.push_back(std::make_unique<grpc::GenericStub>(channels_.back()));
    }
    poller_ = std::thread([this] { Poll(); });
  }

  ~Impl() {
    queue_.Shutdown();
    poller_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  absl::Status Connect() {
    const auto deadline = std::chrono::system_clock::now() + timeout_;
    for (const auto& channel : channels_) {
      if (channel->WaitForConnected(deadline)) continue;
      return base::MakeStatus(absl::StatusCode::kUnavailable, "no connection in time");
    }
    return absl::OkStatus();
  }

  void Start(int64_t index, Done done) {
    const Request made = make_(index);
    const grpc::Slice slice(made.bytes);
    const grpc::ByteBuffer request(&slice, 1);
    const std::string path = service_ + (made.method.empty() ? method_ : made.method);
    auto call = std::make_unique<Call>();
    call->done = std::move(done);
    call->context.set_deadline(std::chrono::system_clock::now() + timeout_);
    grpc::GenericStub& stub = *stubs_[static_cast<size_t>(index) % stubs_.size()];
    call->reader = stub.PrepareUnaryCall(&call->context, path, request, &queue_);
    Call* const tag = call.release();
    {
      const std::lock_guard lock(mutex_);
      in_flight_.insert(tag);
    }
    tag->reader->StartCall();
    tag->reader->Finish(&tag->response, &tag->status, tag);
  }

  void CancelAll() {
    const std::lock_guard lock(mutex_);
    for (Call* call : in_flight_) call->context.TryCancel();
  }

 private:
  void Poll() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      {
        const std::lock_guard lock(mutex_);
        in_flight_.erase(call.get());
      }
      if (call->status.ok()) {
        call->done("OK", "");
      } else {
        const absl::Status status = rpc::FromGrpc(call->status);
        call->done(absl::StatusCodeToString(status.code()), base::MessageOf(status));
      }
    }
  }

  const std::string service_;
  const std::string method_;
  const base::milliseconds timeout_;
  const MakeRequest make_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::mutex mutex_;
  std::unordered_set<Call*> in_flight_;
  grpc::CompletionQueue queue_;
  std::thread poller_;
};

GrpcCaller::GrpcCaller(const GrpcCallerOptions& options, MakeRequest make)
    : impl_(std::make_unique<Impl>(options, std::move(make))) {}
GrpcCaller::~GrpcCaller() = default;

absl::Status GrpcCaller::Connect() { return impl_->Connect(); }
void GrpcCaller::Start(int64_t index, Done done) { impl_->Start(index, std::move(done)); }
void GrpcCaller::CancelAll() { impl_->CancelAll(); }

}  // namespace trellis::cli::load
