#ifndef SERVICES_WEATHER_WEATHER_PROVIDER_H_
#define SERVICES_WEATHER_WEATHER_PROVIDER_H_

#include <string>
#include <vector>

#include "mesh/base/deadline.h"
#include "services/weather/async.h"

namespace trellis::weather {

struct DayForecast {
  std::chrono::sys_days date{};
  int temperature_c = 0;
  std::string summary;
};

// The port through which a worker learns the weather. Belongs to one reactor; suspends, never
// blocks. A repeat of the same question may be asked at any time, also by another worker.
class WeatherProvider {
 public:
  virtual ~WeatherProvider() = default;
  // `days` forecasts from tomorrow (UTC) on. What it fails with is what the caller gets.
  [[nodiscard]] virtual Async<std::vector<DayForecast>> Forecast(std::string city,
                                                                 std::string location, int days,
                                                                 base::Deadline deadline) = 0;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_WEATHER_PROVIDER_H_
