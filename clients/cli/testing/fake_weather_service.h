#ifndef CLIENTS_CLI_TESTING_FAKE_WEATHER_SERVICE_H_
#define CLIENTS_CLI_TESTING_FAKE_WEATHER_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <string>
#include <vector>

#include "clients/cli/testing/fake_server.h"
#include "mesh/base/status.h"
#include "trellis/weather/v1/weather.grpc.pb.h"

namespace trellis::cli::testing {

// A WeatherService on a free port of loopback that keeps what it was asked and answers what the
// test set. Set answers before the call that they are for; requests may be read after it.
class FakeWeatherService final : public weather::v1::WeatherService::Service {
 public:
  [[nodiscard]] const std::string& address() const { return server_.address(); }
  [[nodiscard]] int calls() const { return calls_; }

  // What grpc.health.v1 says of it; serving from the start.
  void SetServing(bool serving) { server_.SetServing(serving); }

  absl::Status failure;  // of every call
  std::vector<weather::v1::GetForecastRequest> asked;
  std::vector<weather::v1::SetCircuitRequest::Action> actions;
  weather::v1::GetForecastResponse forecast;
  weather::v1::Circuit circuit;
  weather::v1::Stats stats;

  grpc::Status GetForecast(grpc::ServerContext* context,
                           const weather::v1::GetForecastRequest* request,
                           weather::v1::GetForecastResponse* response) override;
  grpc::Status GetCircuit(grpc::ServerContext* context,
                          const weather::v1::GetCircuitRequest* request,
                          weather::v1::Circuit* response) override;
  grpc::Status SetCircuit(grpc::ServerContext* context,
                          const weather::v1::SetCircuitRequest* request,
                          weather::v1::Circuit* response) override;
  grpc::Status GetStats(grpc::ServerContext* context, const weather::v1::GetStatsRequest* request,
                        weather::v1::Stats* response) override;

 private:
  // The failure, if there is to be one.
  grpc::Status Enter();

  std::mutex mutex_;
  int calls_ = 0;
  FakeServer server_{this, weather::v1::WeatherService::service_full_name()};
};

}  // namespace trellis::cli::testing

#endif  // CLIENTS_CLI_TESTING_FAKE_WEATHER_SERVICE_H_
