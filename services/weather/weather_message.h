#ifndef SERVICES_WEATHER_WEATHER_MESSAGE_H_
#define SERVICES_WEATHER_WEATHER_MESSAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "services/weather/weather_provider.h"

// The bodies that travel over the streams: messages of trellis/weather/v1/messages.proto.
namespace trellis::weather {

struct ForecastQuery {
  std::string city;
  std::string location;
  int days = 0;
};

[[nodiscard]] std::string EncodeQuery(const ForecastQuery& query);
// INVALID_ARGUMENT when it is none.
[[nodiscard]] absl::StatusOr<ForecastQuery> DecodeQuery(std::string_view body);

// What a worker says of its work; zero: not known.
struct WorkTimes {
  std::chrono::microseconds took{0};
  int64_t asked_ms = 0;  // when the request was written, by its stream's clock
};

[[nodiscard]] std::string EncodeForecasts(const std::vector<DayForecast>& forecasts,
                                          const WorkTimes& times = {});
// INTERNAL when it is none.
[[nodiscard]] absl::StatusOr<std::vector<DayForecast>> DecodeForecasts(std::string_view body,
                                                                       WorkTimes* times = nullptr);

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_WEATHER_MESSAGE_H_
