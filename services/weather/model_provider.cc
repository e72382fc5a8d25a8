#include "services/weather/model_provider.h"

#include <array>
#include <cmath>
#include <numbers>

#include "mesh/base/sleep.h"

namespace trellis::weather {
namespace {

// FNV-1a with 64 bits: the same on every machine, which std::hash does not promise.
uint64_t Hash(const std::string& text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  // Its upper bits hardly depend on the last characters; the finalizer of MurmurHash3 mixes them.
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  return hash;
}

// Uniform in [-1, 1).
double Deviation(uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1p-52 - 1; }

std::string Normal(const std::string& name) {
  const size_t first = name.find_first_not_of(" \t"), last = name.find_last_not_of(" \t");
  std::string normal = first == name.npos ? "" : name.substr(first, last - first + 1);
  for (char& c : normal) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return normal;
}

// One for each six degrees from below -6 on.
std::string Summary(int temperature_c) {
  constexpr std::array<const char*, 10> kNames = {"Freezing",   "Bracing",  "Chilly", "Cool",
                                                  "Mild",       "Warm",     "Balmy",  "Hot",
                                                  "Sweltering", "Scorching"};
  const int step = (temperature_c + 12) / 6;
  return kNames[static_cast<size_t>(std::clamp(temperature_c < -6 ? 0 : step, 0, 9))];
}

}  // namespace

DayForecast ModelProvider::On(const std::string& city, const std::string& location,
                              std::chrono::sys_days date) {
  const std::string place = Normal(city);
  // Where people live: 55 degrees south to 65 north.
  const double latitude = 5 + 60 * Deviation(Hash(place));
  const std::chrono::year_month_day day(date);
  const auto day_of_year =
      static_cast<double>((date - std::chrono::sys_days(day.year() / 1 / 1)).count());
  // Warmest in the middle of July in the north; hardly any seasons at the equator.
  const double season = std::cos(2 * std::numbers::pi * (day_of_year - 196) / 365.25);
  const double yearly_mean = 28 - std::abs(latitude) * 0.45;
  const double amplitude = latitude * 0.25;
  const std::string key = place + "\n" + std::to_string(date.time_since_epoch().count());
  const double weather = 5 * Deviation(Hash(key));
  const double quarter = Deviation(Hash(place + "\n" + Normal(location)));
  DayForecast forecast;
  forecast.date = date;
  forecast.temperature_c =
      static_cast<int>(std::lround(yearly_mean + amplitude * season + weather + quarter));
  forecast.summary = Summary(forecast.temperature_c);
  return forecast;
}

Async<std::vector<DayForecast>> ModelProvider::Forecast(std::string city, std::string location,
                                                        int days, base::Deadline deadline) {
  const milliseconds time = deadline.Remaining();
  if (delay_.count() > 0) co_await base::Sleep(std::min(delay_, time));
  if (time < delay_) {
    co_return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "no forecast in time");
  }
  const auto today = std::chrono::floor<std::chrono::days>(clock_.WallNow());
  std::vector<DayForecast> forecasts;
  for (int i = 1; i <= days; ++i) {
    forecasts.push_back(On(city, location, today + std::chrono::days(i)));
  }
  co_return forecasts;
}

}  // namespace trellis::weather
