#ifndef SERVICES_WEATHER_REQUESTS_H_
#define SERVICES_WEATHER_REQUESTS_H_

#include <string>

#include "mesh/base/status.h"
#include "mesh/resilience/circuit_breaker.h"
#include "services/weather/request_channel.h"
#include "services/weather/stream_stats.h"
#include "services/weather/weather_message.h"
#include "trellis/weather/v1/weather.pb.h"

// From the API's messages to the domain's structs, checked, and back. Every error names the field.
namespace trellis::weather {

inline constexpr size_t kMaxNameCharacters = 128;
inline constexpr int kDays = 5;

[[nodiscard]] absl::StatusOr<ForecastQuery> QueryFrom(const v1::GetForecastRequest& request);
// INTERNAL when the reply cannot be read. `total`: how long the call took.
[[nodiscard]] absl::StatusOr<v1::GetForecastResponse> ToResponse(const ForecastQuery& query,
                                                                 const std::string& id, Reply reply,
                                                                 std::chrono::microseconds total);

// True: isolate; false: reset.
[[nodiscard]] absl::StatusOr<bool> IsolateFrom(const v1::SetCircuitRequest& request);

void ToMessage(const resilience::CircuitSnapshot& circuit, const std::string& instance,
               v1::Circuit* message);
void ToMessage(const StreamStats& stats, v1::Stats* message);

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_REQUESTS_H_
