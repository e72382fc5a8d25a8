#include "services/weather/requests.h"

#include <cmath>
#include <cstdio>

#include "mesh/base/characters.h"

namespace trellis::weather {

using std::chrono::microseconds;
namespace {

std::string DateText(std::chrono::sys_days date) {
  const std::chrono::year_month_day day(date);
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text;
}

v1::Circuit::State StateOf(resilience::CircuitState state) {
  switch (state) {
    case resilience::CircuitState::kClosed:
      return v1::Circuit::CLOSED;
    case resilience::CircuitState::kOpen:
      return v1::Circuit::OPEN;
    case resilience::CircuitState::kHalfOpen:
      return v1::Circuit::HALF_OPEN;
    case resilience::CircuitState::kIsolated:
      break;
  }
  return v1::Circuit::ISOLATED;
}

}  // namespace

absl::StatusOr<ForecastQuery> QueryFrom(const v1::GetForecastRequest& request) {
  if (request.city().find_first_not_of(" \t\r\n") == std::string::npos) {
    return base::InvalidField("city", "must not be empty");
  }
  if (base::CountCharacters(request.city()) > kMaxNameCharacters) {
    return base::InvalidField("city", "must not be longer than 128 characters");
  }
  if (base::CountCharacters(request.location()) > kMaxNameCharacters) {
    return base::InvalidField("location", "must not be longer than 128 characters");
  }
  return ForecastQuery{request.city(), request.location(), kDays};
}

namespace {

// No part is more than what is left of the total: they were measured by three clocks.
void SplitTime(microseconds total, microseconds kept, microseconds work, v1::Timing* timing) {
  const auto ms = [](microseconds time) { return static_cast<double>(time.count()) / 1e3; };
  work = std::clamp(work, microseconds(0), total);
  const microseconds stream = std::clamp(kept - work, microseconds(0), total - work);
  timing->set_total_ms(ms(total));
  timing->set_way_ms(ms(total - work - stream));
  timing->set_stream_ms(ms(stream));
  timing->set_work_ms(ms(work));
}

}  // namespace

absl::StatusOr<v1::GetForecastResponse> ToResponse(const ForecastQuery& query,
                                                   const std::string& id, Reply reply,
                                                   microseconds total) {
  WorkTimes times;
  const absl::StatusOr<std::vector<DayForecast>> forecasts = DecodeForecasts(reply.body, &times);
  if (!forecasts.ok()) return forecasts.status();
  v1::GetForecastResponse response;
  response.set_city(query.city);
  response.set_location(query.location);
  for (const DayForecast& forecast : *forecasts) {
    v1::Forecast& message = *response.add_forecasts();
    message.set_date(DateText(forecast.date));
    message.set_temperature_c(forecast.temperature_c);
    message.set_temperature_f(static_cast<int>(std::lround(32 + forecast.temperature_c * 9 / 5.0)));
    message.set_summary(forecast.summary);
  }
  response.set_served_by(std::move(reply.served_by));
  response.set_correlation_id(id);
  if (times.took.count() > 0 && times.asked_ms > 0 && reply.written_ms > 0) {
    SplitTime(total, milliseconds(reply.written_ms - times.asked_ms), times.took,
              response.mutable_timing());
  }
  return response;
}

absl::StatusOr<bool> IsolateFrom(const v1::SetCircuitRequest& request) {
  if (request.action() == v1::SetCircuitRequest::ISOLATE) return true;
  if (request.action() == v1::SetCircuitRequest::RESET) return false;
  return base::InvalidField("action", "must be ISOLATE or RESET");
}

void ToMessage(const resilience::CircuitSnapshot& circuit, const std::string& instance,
               v1::Circuit* message) {
  const auto calls = static_cast<double>(std::max<uint64_t>(circuit.calls, 1));
  message->set_state(StateOf(circuit.state));
  message->set_calls(static_cast<int32_t>(circuit.calls));
  message->set_failure_rate(static_cast<double>(circuit.failures) / calls);
  message->set_slow_call_rate(static_cast<double>(circuit.slow) / calls);
  message->set_probes(circuit.probes_in_flight);
  message->set_refused(static_cast<int64_t>(circuit.rejected));
  message->set_instance(instance);
}

void ToMessage(const StreamStats& stats, v1::Stats* message) {
  message->set_pending(stats.pending);
  message->set_lag(stats.lag);
  message->set_request_stream_length(stats.request_stream_length);
  message->set_reply_stream_length(stats.reply_stream_length);
  message->set_consumers(static_cast<int32_t>(stats.consumers));
}

}  // namespace trellis::weather
