#ifndef SERVICES_WEATHER_FORECAST_HANDLER_H_
#define SERVICES_WEATHER_FORECAST_HANDLER_H_

#include "services/weather/request_handler.h"
#include "services/weather/weather_provider.h"

namespace trellis::weather {

// Asks the provider for what the request wants, and says how long that took. Provider and clock
// must outlive it.
class ForecastHandler final : public RequestHandler {
 public:
  ForecastHandler(WeatherProvider& provider, const base::Clock& clock)
      : provider_(provider), clock_(clock) {}
  [[nodiscard]] Async<std::string> Handle(const Work& work, base::Deadline deadline) override;

 private:
  WeatherProvider& provider_;
  const base::Clock& clock_;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_FORECAST_HANDLER_H_
