// Weather: forecasts of cities all over the world.

#include <array>
#include <string_view>

#include "clients/cli/load/random.h"
#include "clients/cli/load/target.h"
#include "trellis/weather/v1/weather.grpc.pb.h"

namespace trellis::cli::load {
namespace {

namespace v1 = weather::v1;

constexpr std::array<std::string_view, 40> kCities{
    "Accra",        "Amsterdam", "Athens",    "Auckland", "Bangkok",    "Berlin",      "Bogotá",
    "Buenos Aires", "Cairo",     "Cape Town", "Chicago",  "Copenhagen", "Dakar",       "Delhi",
    "Dublin",       "Hanoi",     "Helsinki",  "Istanbul", "Jakarta",    "Kyiv",        "Lagos",
    "Lima",         "Lisbon",    "London",    "Madrid",   "Melbourne",  "Mexico City", "Montréal",
    "Nairobi",      "New York",  "Oslo",      "Paris",    "Reykjavík",  "Rome",        "São Paulo",
    "Seoul",        "Tokyo",     "Vancouver", "Warsaw",   "Zürich"};
constexpr std::array<std::string_view, 6> kPlaces{"",        "Downtown", "Airport",
                                                  "Harbour", "Old Town", "University"};

absl::StatusOr<MakeRequest> Prepare(const Setup& setup) {
  return MakeRequest([seed = setup.seed](int64_t index) {
    Random random(seed, index);
    v1::GetForecastRequest request;
    request.set_city(std::string(random.OneOf(kCities)));
    request.set_location(std::string(random.OneOf(kPlaces)));
    return request.SerializeAsString();
  });
}

}  // namespace

Target WeatherTarget() {
  return {.name = "weather",
          .summary = "GetForecast: one of 40 cities",
          .service = v1::WeatherService::service_full_name(),
          .method = "GetForecast",
          .variable = "WEATHER_ADDR",
          .default_address = "127.0.0.1:50053",
          .prepare = Prepare};
}

}  // namespace trellis::cli::load
