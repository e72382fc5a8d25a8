#include "clients/cli/testing/fake_weather_service.h"

#include "mesh/rpc/status.h"

namespace trellis::cli::testing {

namespace v1 = weather::v1;
using grpc::ServerContext;
using grpc::Status;

Status FakeWeatherService::Enter() {
  ++calls_;
  return rpc::ToGrpc(failure);
}

Status FakeWeatherService::GetForecast(ServerContext*, const v1::GetForecastRequest* request,
                                       v1::GetForecastResponse* response) {
  const std::lock_guard lock(mutex_);
  asked.push_back(*request);
  *response = forecast;
  return Enter();
}

Status FakeWeatherService::GetCircuit(ServerContext*, const v1::GetCircuitRequest*,
                                      v1::Circuit* response) {
  const std::lock_guard lock(mutex_);
  *response = circuit;
  return Enter();
}

Status FakeWeatherService::SetCircuit(ServerContext*, const v1::SetCircuitRequest* request,
                                      v1::Circuit* response) {
  const std::lock_guard lock(mutex_);
  actions.push_back(request->action());
  *response = circuit;
  return Enter();
}

Status FakeWeatherService::GetStats(ServerContext*, const v1::GetStatsRequest*,
                                    v1::Stats* response) {
  const std::lock_guard lock(mutex_);
  *response = stats;
  return Enter();
}

}  // namespace trellis::cli::testing
