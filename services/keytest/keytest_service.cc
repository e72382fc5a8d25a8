#include "services/keytest/keytest_service.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mesh/rpc/handler.h"
#include "services/keytest/requests.h"
#include "trellis/keytest/v1/keytest.grpc.pb.h"

namespace trellis::keytest {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using rpc::CallContext;
template <typename T>
using Async = boost::asio::awaitable<absl::StatusOr<T>>;

// How long a watch waits for one look at the run.
constexpr base::milliseconds kReadTimeout{2000};

absl::StatusOr<v1::Status> ToAnswer(const absl::StatusOr<RunStatus>& status) {
  if (!status.ok()) return status.status();
  return ToMessage(*status);
}

class KeyTestRpc final : public v1::KeyTestService::CallbackService {
 public:
  KeyTestRpc(rpc::Runtime& runtime, RunBoard& board, std::function<void()> on_started)
      : runtime_(runtime), board_(board), on_started_(std::move(on_started)) {}

  ServerUnaryReactor* StartTest(CallbackServerContext* context, const v1::StartTestRequest* request,
                                v1::Status* response) override {
    return rpc::Unary(runtime_, start_test_, context, request, response,
                      std::bind_front(&KeyTestRpc::HandleStart, this));
  }
  ServerUnaryReactor* StopTest(CallbackServerContext* context, const v1::StopTestRequest* request,
                               v1::Status* response) override {
    return rpc::Unary(runtime_, stop_test_, context, request, response,
                      std::bind_front(&KeyTestRpc::HandleStop, this));
  }
  ServerUnaryReactor* GetStatus(CallbackServerContext* context, const v1::GetStatusRequest* request,
                                v1::Status* response) override {
    return rpc::Unary(runtime_, get_status_, context, request, response,
                      std::bind_front(&KeyTestRpc::HandleGet, this));
  }
  grpc::ServerWriteReactor<v1::Status>* WatchStatus(
      CallbackServerContext* context, const v1::WatchStatusRequest* request) override {
    return rpc::ServerStreaming<v1::Status>(runtime_, watch_status_, context, request,
                                            std::bind_front(&KeyTestRpc::HandleWatch, this));
  }

 private:
  Async<v1::Status> HandleStart(const CallContext& context, const v1::StartTestRequest& request) {
    const absl::StatusOr<RunParameters> parameters = ParametersFrom(request);
    if (!parameters.ok()) co_return parameters.status();
    const auto status = co_await board_.Start(*parameters, context.deadline);
    if (status.ok()) on_started_();
    co_return ToAnswer(status);
  }

  Async<v1::Status> HandleStop(const CallContext& context, const v1::StopTestRequest& /*request*/) {
    const auto status = co_await board_.Stop(context.deadline);
    co_return ToAnswer(status);
  }

  Async<v1::Status> HandleGet(const CallContext& context, const v1::GetStatusRequest& /*request*/) {
    const auto status = co_await board_.Read(context.deadline);
    co_return ToAnswer(status);
  }

  boost::asio::awaitable<absl::Status> HandleWatch(const CallContext& context,
                                                   const v1::WatchStatusRequest& request,
                                                   rpc::StreamWriter<v1::Status>& writer) {
    const absl::StatusOr<base::milliseconds> interval = IntervalFrom(request);
    if (!interval.ok()) co_return interval.status();
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (auto next = std::chrono::steady_clock::now();; next += *interval) {
      const auto status = co_await board_.Read(
          base::Deadline::Min(context.deadline, base::Deadline::After(kReadTimeout)));
      if (!status.ok()) co_return status.status();
      const bool alive = co_await writer.Write(ToMessage(*status));
      if (!alive) co_return absl::OkStatus();
      timer.expires_at(next + *interval);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }

  rpc::MethodRecorder& Recorder(const char* method) {
    return runtime_.Recorder(std::string(kKeyTestServiceName) + "/" + method);
  }

  rpc::Runtime& runtime_;
  RunBoard& board_;
  const std::function<void()> on_started_;
  rpc::MethodRecorder& start_test_ = Recorder("StartTest");
  rpc::MethodRecorder& stop_test_ = Recorder("StopTest");
  rpc::MethodRecorder& get_status_ = Recorder("GetStatus");
  rpc::MethodRecorder& watch_status_ = Recorder("WatchStatus");
};

}  // namespace

std::unique_ptr<grpc::Service> MakeKeyTestService(rpc::Runtime& runtime, RunBoard& board,
                                                  std::function<void()> on_started) {
  return std::make_unique<KeyTestRpc>(runtime, board, std::move(on_started));
}

}  // namespace trellis::keytest
