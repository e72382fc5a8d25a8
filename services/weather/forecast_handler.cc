#include "services/weather/forecast_handler.h"

#include "services/weather/weather_message.h"

namespace trellis::weather {

Async<std::string> ForecastHandler::Handle(const Work& work, base::Deadline deadline) {
  const absl::StatusOr<ForecastQuery> query = DecodeQuery(work.body);
  if (!query.ok()) co_return query.status();
  const auto forecasts =
      co_await provider_.Forecast(query->city, query->location, query->days, deadline);
  if (!forecasts.ok()) co_return forecasts.status();
  co_return EncodeForecasts(*forecasts);
}

}  // namespace trellis::weather
