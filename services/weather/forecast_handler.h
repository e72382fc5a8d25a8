#ifndef SERVICES_WEATHER_FORECAST_HANDLER_H_
#define SERVICES_WEATHER_FORECAST_HANDLER_H_

#include "services/weather/request_handler.h"
#include "services/weather/weather_provider.h"

namespace trellis::weather {

// Asks the provider, which must outlive it, for what the request wants.
class ForecastHandler final : public RequestHandler {
 public:
  explicit ForecastHandler(WeatherProvider& provider) : provider_(provider) {}
  [[nodiscard]] Async<std::string> Handle(const Work& work, base::Deadline deadline) override;

 private:
  WeatherProvider& provider_;
};

}  // namespace trellis::weather

#endif  // SERVICES_WEATHER_FORECAST_HANDLER_H_
