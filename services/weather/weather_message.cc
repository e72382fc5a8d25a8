#include "services/weather/weather_message.h"

#include "trellis/weather/v1/messages.pb.h"

namespace trellis::weather {
namespace {

constexpr int kMaxDays = 31;

template <typename Message>
bool Parse(std::string_view body, Message* message) {
  return message->ParseFromArray(body.data(), static_cast<int>(body.size()));
}

}  // namespace

std::string EncodeQuery(const ForecastQuery& query) {
  v1::ForecastQuery message;
  message.set_city(query.city);
  message.set_location(query.location);
  message.set_days(query.days);
  return message.SerializeAsString();
}

absl::StatusOr<ForecastQuery> DecodeQuery(std::string_view body) {
  v1::ForecastQuery message;
  if (!Parse(body, &message) || message.city().empty() || message.days() < 1 ||
      message.days() > kMaxDays) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "the body of the request is no ForecastQuery");
  }
  return ForecastQuery{message.city(), message.location(), message.days()};
}

std::string EncodeForecasts(const std::vector<DayForecast>& forecasts, const WorkTimes& times) {
  v1::ForecastAnswer message;
  message.set_work_us(times.took.count());
  message.set_asked_ms(times.asked_ms);
  for (const DayForecast& forecast : forecasts) {
    v1::ForecastAnswer::Day& day = *message.add_days();
    day.set_date(forecast.date.time_since_epoch().count());
    day.set_temperature_c(forecast.temperature_c);
    day.set_summary(forecast.summary);
  }
  return message.SerializeAsString();
}

absl::StatusOr<std::vector<DayForecast>> DecodeForecasts(std::string_view body, WorkTimes* times) {
  v1::ForecastAnswer message;
  if (!Parse(body, &message)) {
    return base::MakeStatus(absl::StatusCode::kInternal,
                            "the body of the reply is no ForecastAnswer");
  }
  if (times != nullptr) {
    *times = {std::chrono::microseconds(message.work_us()), message.asked_ms()};
  }
  std::vector<DayForecast> forecasts;
  for (const v1::ForecastAnswer::Day& day : message.days()) {
    const std::chrono::sys_days date{std::chrono::days(day.date())};
    forecasts.push_back({date, day.temperature_c(), day.summary()});
  }
  return forecasts;
}

}  // namespace trellis::weather
