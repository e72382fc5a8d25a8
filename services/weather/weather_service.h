#ifndef SERVICES_WEATHER_WEATHER_SERVICE_H_
#define SERVICES_WEATHER_WEATHER_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/rpc/runtime.h"
#include "services/weather/circuit_switch.h"
#include "services/weather/ingress.h"
#include "services/weather/stream_stats.h"

namespace grpc {
class Service;
}

namespace trellis::weather {

// What the service stands on. Those in vectors have one entry for each of the runtime's reactors.
struct WeatherPorts {
  std::vector<Ingress*> ingresses;
  std::vector<StreamInspector*> streams;
  CircuitSwitch& circuit_switch;
  resilience::CircuitBreaker& breaker;
  resilience::ConcurrencyLimiter& limiter;
  std::string instance;
};

// The RPC surface of proto/trellis/weather/v1/weather.proto: checks requests, calls the domain, and
// turns structs into messages. All references must outlive the service.
[[nodiscard]] std::unique_ptr<grpc::Service> MakeWeatherService(rpc::Runtime& runtime,
                                                                WeatherPorts ports);

// Its full name, for health and routing.
inline constexpr char kWeatherServiceName[] = "trellis.weather.v1.WeatherService";

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_WEATHER_SERVICE_H_
