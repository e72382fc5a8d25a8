#include "services/weather/weather_service.h"

#include <chrono>
#include <functional>

#include "mesh/base/ids.h"
#include "mesh/rpc/handler.h"
#include "services/weather/requests.h"
#include "trellis/weather/v1/weather.grpc.pb.h"

namespace trellis::weather {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using rpc::CallContext;

class WeatherRpc final : public v1::WeatherService::CallbackService {
 public:
  WeatherRpc(rpc::Runtime& runtime, WeatherPorts ports)
      : runtime_(runtime), ports_(std::move(ports)) {}

  ServerUnaryReactor* GetForecast(CallbackServerContext* context,
                                  const v1::GetForecastRequest* request,
                                  v1::GetForecastResponse* response) override {
    return Bind(get_forecast_, &WeatherRpc::HandleForecast, context, request, response);
  }
  ServerUnaryReactor* GetCircuit(CallbackServerContext* context,
                                 const v1::GetCircuitRequest* request,
                                 v1::Circuit* response) override {
    return Bind(get_circuit_, &WeatherRpc::HandleGetCircuit, context, request, response);
  }
  ServerUnaryReactor* SetCircuit(CallbackServerContext* context,
                                 const v1::SetCircuitRequest* request,
                                 v1::Circuit* response) override {
    return Bind(set_circuit_, &WeatherRpc::HandleSetCircuit, context, request, response);
  }
  ServerUnaryReactor* GetStats(CallbackServerContext* context, const v1::GetStatsRequest* request,
                               v1::Stats* response) override {
    return Bind(get_stats_, &WeatherRpc::HandleStats, context, request, response);
  }

 private:
  template <typename Method, typename Message, typename Response>
  ServerUnaryReactor* Bind(rpc::MethodRecorder& recorder, Method method,
                           CallbackServerContext* context, const Message* request,
                           Response* response) {
    return rpc::Unary(runtime_, recorder, context, request, response,
                      std::bind_front(method, this));
  }

  Async<v1::GetForecastResponse> HandleForecast(const CallContext& context,
                                                const v1::GetForecastRequest& request) {
    const absl::StatusOr<ForecastQuery> query = QueryFrom(request);
    if (!query.ok()) co_return query.status();
    Request call;
    call.id = base::NewUuidV7();
    call.body = EncodeQuery(*query);
    call.traceparent = context.trace.Format();
    call.request_id = context.request_id;
    const std::string id = call.id;
    const base::SteadyTime start = std::chrono::steady_clock::now();
    absl::StatusOr<Reply> reply =
        co_await ports_.ingresses[context.reactor]->Call(std::move(call), context.deadline);
    if (!reply.ok()) co_return reply.status();
    const auto total = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start);
    co_return ToResponse(*query, id, *std::move(reply), total);
  }

  [[nodiscard]] v1::Circuit Circuit() const {
    v1::Circuit circuit;
    ToMessage(ports_.breaker.snapshot(), ports_.instance, &circuit);
    return circuit;
  }

  Async<v1::Circuit> HandleGetCircuit(const CallContext& /*context*/,
                                      const v1::GetCircuitRequest& /*request*/) {
    co_return Circuit();
  }

  Async<v1::Circuit> HandleSetCircuit(const CallContext& context,
                                      const v1::SetCircuitRequest& request) {
    const absl::StatusOr<bool> isolate = IsolateFrom(request);
    if (!isolate.ok()) co_return isolate.status();
    const absl::Status set = co_await ports_.circuit_switch.Set(*isolate, context.deadline);
    if (!set.ok()) co_return set;
    co_return Circuit();
  }

  Async<v1::Stats> HandleStats(const CallContext& context, const v1::GetStatsRequest& /*request*/) {
    v1::Stats response;
    const auto stats = co_await ports_.streams[context.reactor]->Stats(context.deadline);
    if (!stats.ok()) co_return stats.status();
    ToMessage(*stats, &response);
    response.set_waiting(ports_.limiter.in_flight());
    response.set_limit(ports_.limiter.limit());
    *response.mutable_circuit() = Circuit();
    response.set_instance(ports_.instance);
    co_return response;
  }

  rpc::MethodRecorder& Recorder(const char* method) {
    return runtime_.Recorder(std::string(kWeatherServiceName) + "/" + method);
  }

  rpc::Runtime& runtime_;
  const WeatherPorts ports_;
  rpc::MethodRecorder& get_forecast_ = Recorder("GetForecast");
  rpc::MethodRecorder& get_circuit_ = Recorder("GetCircuit");
  rpc::MethodRecorder& set_circuit_ = Recorder("SetCircuit");
  rpc::MethodRecorder& get_stats_ = Recorder("GetStats");
};

}  // namespace

std::unique_ptr<grpc::Service> MakeWeatherService(rpc::Runtime& runtime, WeatherPorts ports) {
  return std::make_unique<WeatherRpc>(runtime, std::move(ports));
}

}  // namespace trellis::weather
