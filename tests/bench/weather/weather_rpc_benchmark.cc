// GetForecast through gRPC, by generated stubs and one connection.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "mesh/rpc/channel.h"
#include "mesh/rpc/mutex_mode.h"
#include "tests/bench/weather/closed_loop.h"
#include "trellis/weather/v1/weather.grpc.pb.h"

namespace trellis::bench {
namespace {

using std::chrono::steady_clock;
using weather::v1::WeatherService;

class Requester {
 public:
  explicit Requester(const Arguments& arguments)
      : stub_(WeatherService::NewStub(rpc::MakeChannel(
            {.target = arguments.address, .service = "", .idempotent_methods = {}}))),
        loop_(arguments.Loop()),
        calls_(static_cast<size_t>(arguments.callers)),
        running_(arguments.callers) {}

  int Run() {
    for (int i = 0; i < loop_.callers(); ++i) Start(i, steady_clock::now());
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0; });
    return loop_.Report();
  }

 private:
  struct Call {
    grpc::ClientContext context;
    weather::v1::GetForecastRequest request;
    weather::v1::GetForecastResponse response;
    Time start;
  };

  void Start(int caller, Time now) {
    auto& call = calls_[static_cast<size_t>(caller)];
    call = std::make_unique<Call>();
    call->start = now;
    call->context.set_deadline(std::chrono::system_clock::now() + kPatience);
    call->context.set_wait_for_ready(true);
    call->request.set_city(kCity);
    call->request.set_location(kLocation);
    stub_->async()->GetForecast(
        &call->context, &call->request, &call->response,
        [this, caller](const grpc::Status& status) { OnReply(caller, status); });
  }

  void OnReply(int caller, const grpc::Status& status) {
    const Time now = steady_clock::now();
    const Call& call = *calls_[static_cast<size_t>(caller)];
    if (!status.ok()) {
      loop_.Failed(caller, status.error_message());
    } else if (call.response.forecasts_size() != kDays) {
      loop_.Failed(caller, "too few forecasts");
    } else {
      loop_.Succeeded(caller, call.start, now);
    }
    if (loop_.Goes(now)) return Start(caller, now);
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) ended_.notify_one();
  }

  const std::unique_ptr<WeatherService::Stub> stub_;
  ClosedLoop loop_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_;
};

int Main(int argc, char** argv) {
  rpc::TurnOffDeadlockDetection();
  return Requester(Arguments::ParseOrExit(argc, argv)).Run();
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
