// The weather service without streams: `weather_direct_benchmark` serves the same RPC on RPC_ADDR,
// but where the service asks the workers, this one does their work itself. All else is the same,
// limit and circuit included, so that the difference between the two is what the streams cost.
#include <grpcpp/impl/codegen/service_type.h>

#include "mesh/app/process.h"
#include "mesh/base/reactors.h"
#include "mesh/resilience/metrics.h"
#include "mesh/rpc/server.h"
#include "services/weather/forecast_handler.h"
#include "services/weather/model_provider.h"
#include "services/weather/weather_service.h"

namespace trellis::bench {
namespace {

using weather::Async;

class DirectChannel final : public weather::RequestChannel, public weather::StreamInspector {
 public:
  explicit DirectChannel(weather::RequestHandler& handler) : handler_(handler) {}

  Async<weather::Reply> Call(weather::Request request, base::Deadline deadline) override {
    weather::Work work;
    work.body = std::move(request.body);
    auto body = co_await handler_.Handle(work, deadline);
    if (!body.ok()) co_return body.status();
    co_return weather::Reply{*std::move(body), "direct"};
  }
  Async<weather::StreamStats> Stats(base::Deadline /*deadline*/) override {
    co_return weather::StreamStats{};
  }

 private:
  weather::RequestHandler& handler_;
};

class NoSwitch final : public weather::CircuitSwitch {
 public:
  boost::asio::awaitable<absl::Status> Set(bool /*isolate*/, base::Deadline /*deadline*/) override {
    co_return absl::UnimplementedError("there is no Redis");
  }
};

int Main(int argc, char** argv) {
  app::ProcessOptions options{.name = "weather-direct", .ops_addr = "127.0.0.1:9053"};
  rpc::ServerOptions server_options{.address = "127.0.0.1:50053"};
  base::OptionTable table("weather_direct_benchmark", "Answers GetForecast without a stream.");
  table.AddAddress("rpc-addr", "RPC_ADDR", &server_options.address, "where gRPC is served");
  options.AddTo(table);
  table.ParseOrExit(argc, argv);

  app::Process process(options);
  base::Reactors reactors(1);
  const base::SystemClock clock;
  weather::IngressMetrics ingress_metrics(process.metrics());
  resilience::CircuitBreaker breaker({.name = "weather"}, clock, nullptr);
  resilience::ConcurrencyLimiter limiter(
      {.name = "weather", .min = 1000, .max = 1000, .initial = 1000}, clock, nullptr);
  weather::ModelProvider provider(clock);
  weather::ForecastHandler handler(provider, clock);
  DirectChannel channel(handler);
  weather::Ingress ingress(channel, breaker, limiter, clock, ingress_metrics);
  NoSwitch no_switch;
  rpc::Runtime runtime(reactors, process.metrics(), {});
  const auto service = weather::MakeWeatherService(runtime, {.ingresses = {&ingress},
                                                             .streams = {&channel},
                                                             .circuit_switch = no_switch,
                                                             .breaker = breaker,
                                                             .limiter = limiter,
                                                             .instance = "direct"});
  rpc::Server server(server_options, {service.get()}, {weather::kWeatherServiceName});
  if (absl::Status status = server.Start(); !status.ok()) {
    process.Fail("RPC_ADDR: " + base::MessageOf(status));
  }
  reactors.Start();
  process.readiness().Set("service", true, "serving");
  return process.RunUntilSignal([&](base::Deadline deadline) {
    server.Drain(deadline);
    reactors.Stop();
    return true;
  });
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
