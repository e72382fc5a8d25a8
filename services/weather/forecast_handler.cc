#include "services/weather/forecast_handler.h"

#include <algorithm>
#include <chrono>

#include "services/weather/stream_id.h"
#include "services/weather/weather_message.h"

namespace trellis::weather {

Async<std::string> ForecastHandler::Handle(const Work& work, base::Deadline deadline) {
  using std::chrono::microseconds;
  const base::SteadyTime start = clock_.Now();
  const absl::StatusOr<ForecastQuery> query = DecodeQuery(work.body);
  if (!query.ok()) co_return query.status();
  const auto forecasts =
      co_await provider_.Forecast(query->city, query->location, query->days, deadline);
  if (!forecasts.ok()) co_return forecasts.status();
  const auto took = std::chrono::duration_cast<microseconds>(clock_.Now() - start);
  co_return EncodeForecasts(*forecasts, {std::max(took, microseconds(1)),
                                         static_cast<int64_t>(StreamId::Parse(work.ref.entry).ms)});
}

}  // namespace trellis::weather
