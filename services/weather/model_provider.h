#ifndef SERVICES_WEATHER_MODEL_PROVIDER_H_
#define SERVICES_WEATHER_MODEL_PROVIDER_H_

#include "services/weather/weather_provider.h"

namespace trellis::weather {

// A model instead of a measurement: a place gets its latitude from its name, the latitude and the
// day of the year give the season, and the day its deviation. So the same place and day always
// agree, on every worker; names count without regard to ASCII case and outer spaces. Immutable;
// thread-safe.
class ModelProvider final : public WeatherProvider {
 public:
  // `delay`: how long each answer takes, to simulate slow work.
  explicit ModelProvider(const base::Clock& clock, milliseconds delay = milliseconds(0))
      : clock_(clock), delay_(delay) {}

  [[nodiscard]] Async<std::vector<DayForecast>> Forecast(std::string city, std::string location,
                                                         int days,
                                                         base::Deadline deadline) override;

  [[nodiscard]] static DayForecast On(const std::string& city, const std::string& location,
                                      std::chrono::sys_days date);

 private:
  const base::Clock& clock_;
  const milliseconds delay_;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_MODEL_PROVIDER_H_
