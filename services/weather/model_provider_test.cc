#include "services/weather/model_provider.h"

#include <gmock/gmock.h>

#include <set>

#include "mesh/base/testing/run.h"
#include "services/weather/forecast_handler.h"
#include "services/weather/weather_message.h"

namespace trellis::weather {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr sys_days kSummer{std::chrono::year(2026) / 7 / 15};
constexpr sys_days kWinter{std::chrono::year(2026) / 1 / 15};

// Over some weeks, so that the weather is out.
double Mean(const std::string& city, sys_days around) {
  double sum = 0;
  for (int i = -20; i <= 20; ++i) {
    sum += ModelProvider::On(city, "", around + days(i)).temperature_c;
  }
  return sum / 41;
}

TEST(ModelProviderTest, SamePlaceAndDayAgree) {
  const DayForecast first = ModelProvider::On("New York", "Downtown", kSummer);
  const DayForecast second = ModelProvider::On("  new york", "downtown ", kSummer);
  EXPECT_EQ(first.temperature_c, second.temperature_c);
  EXPECT_EQ(first.summary, second.summary);
}

TEST(ModelProviderTest, PlacesAndDaysDiffer) {
  std::set<int> places, dates;
  for (int i = 0; i < 50; ++i) {
    places.insert(ModelProvider::On("city " + std::to_string(i), "", kSummer).temperature_c);
    dates.insert(ModelProvider::On("Oslo", "", kSummer + days(i)).temperature_c);
  }
  EXPECT_GT(places.size(), 10U);
  EXPECT_GT(dates.size(), 5U);
}

TEST(ModelProviderTest, SeasonsAreOppositeInTheTwoHemispheresAndTemperaturesPlausible) {
  int north = 0, south = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string city = "city " + std::to_string(i);
    const double difference = Mean(city, kSummer) - Mean(city, kWinter);
    if (difference > 3) ++north;
    if (difference < -3) ++south;
    for (int day = 0; day < 365; day += 30) {
      const int celsius = ModelProvider::On(city, "", kWinter + days(day)).temperature_c;
      EXPECT_GE(celsius, -40);
      EXPECT_LE(celsius, 48);
    }
  }
  EXPECT_GT(north, 10);
  EXPECT_GT(south, 10);
}

TEST(ModelProviderTest, WarmDaysHaveWarmNames) {
  for (int i = 0; i < 200; ++i) {
    const DayForecast forecast = ModelProvider::On("city " + std::to_string(i), "", kWinter);
    if (forecast.temperature_c < -6) {
      EXPECT_EQ(forecast.summary, "Freezing");
    }
    if (forecast.temperature_c >= 30) {
      EXPECT_NE(forecast.summary, "Mild");
    }
  }
}

TEST(ModelProviderTest, HandlerAnswersFromTomorrowOn) {
  base::ManualClock clock;
  ModelProvider provider(clock);
  ForecastHandler handler(provider, clock);
  boost::asio::io_context context;
  Work work;
  work.body = EncodeQuery({"Oslo", "", 5});
  work.ref.entry = "1700000000123-7";
  const auto body = base::testing::RunCoroutine(
      context, handler.Handle(work, base::Deadline::After(milliseconds(1000))));
  ASSERT_TRUE(body.ok()) << body.status();
  WorkTimes times;
  const auto forecasts = DecodeForecasts(*body, &times);
  ASSERT_TRUE(forecasts.ok()) << forecasts.status();
  ASSERT_EQ(forecasts->size(), 5U);
  EXPECT_EQ(times.asked_ms, 1700000000123);
  EXPECT_EQ(times.took.count(), 1) << "no time has passed, and that is known";
  const auto today = std::chrono::floor<days>(clock.WallNow());
  for (int i = 0; i < 5; ++i) {
    const DayForecast expected = ModelProvider::On("Oslo", "", today + days(i + 1));
    EXPECT_EQ((*forecasts)[static_cast<size_t>(i)].date, expected.date);
    EXPECT_EQ((*forecasts)[static_cast<size_t>(i)].temperature_c, expected.temperature_c);
  }
}

TEST(ModelProviderTest, HandlerRefusesWhatIsNoQuery) {
  base::ManualClock clock;
  ModelProvider provider(clock);
  ForecastHandler handler(provider, clock);
  boost::asio::io_context context;
  for (const std::string& bad : {std::string("\xff\xff"), EncodeQuery({"", "", 5}),
                                 EncodeQuery({"Oslo", "", 0}), EncodeQuery({"Oslo", "", 1000})}) {
    Work work;
    work.body = bad;
    const auto body = base::testing::RunCoroutine(
        context, handler.Handle(work, base::Deadline::After(milliseconds(1000))));
    EXPECT_EQ(body.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ModelProviderTest, SlowForecastEndsAtTheDeadline) {
  base::SystemClock clock;
  ModelProvider provider(clock, milliseconds(60'000));
  boost::asio::io_context context;
  const auto forecasts = base::testing::RunCoroutine(
      context, provider.Forecast("Oslo", "", 5, base::Deadline::After(milliseconds(30))));
  EXPECT_EQ(forecasts.status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace trellis::weather
