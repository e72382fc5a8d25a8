#include <gmock/gmock.h>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_weather_service.h"
#include "clients/cli/testing/run_cli.h"

namespace trellis::cli {
namespace {

namespace v1 = weather::v1;
using ::testing::ElementsAre;
using testing::FakeWeatherService;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Outcome;
using testing::RunCli;
using testing::World;

class WeatherCommandTest : public ::testing::Test {
 protected:
  WeatherCommandTest() {
    world_.commands = AllCommands();
    world_.environment["WEATHER_ADDR"] = service_.address();
    service_.circuit.set_state(v1::Circuit::HALF_OPEN);
    service_.circuit.set_calls(40);
    service_.circuit.set_failure_rate(0.25);
    service_.circuit.set_refused(7);
    service_.circuit.set_instance("here");
  }
  Outcome Weather(std::vector<std::string> words) {
    words.insert(words.begin(), "weather");
    return RunCli(world_, words);
  }

  FakeWeatherService service_;
  World world_;
};

TEST_F(WeatherCommandTest, GetPrintsADayALine) {
  v1::Forecast& day = *service_.forecast.add_forecasts();
  day.set_date("2026-03-01");
  day.set_temperature_c(-3);
  day.set_temperature_f(27);
  day.set_summary("Chilly");
  const Outcome outcome = Weather({"get", "New York", "--location", "Downtown"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out,
            "DATE         C   F  SUMMARY\n"
            "2026-03-01  -3  27  Chilly\n");
  ASSERT_EQ(service_.asked.size(), 1U);
  EXPECT_EQ(service_.asked[0].city(), "New York");
  EXPECT_EQ(service_.asked[0].location(), "Downtown");
}

TEST_F(WeatherCommandTest, GetInJsonHasTheFieldsOfTheApi) {
  service_.forecast.set_served_by("w");
  EXPECT_THAT(Weather({"get", "Oslo", "--json"}).out, HasSubstr(R"("servedBy":"w")"));
}

TEST_F(WeatherCommandTest, BadCityIsNamed) {
  service_.failure = base::InvalidField("city", "must not be empty");
  const Outcome outcome = Weather({"get", ""});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("city: must not be empty"));
  EXPECT_EQ(Weather({"get"}).code, ExitCode::kUsage);
}

TEST_F(WeatherCommandTest, IsolatedCircuitComesWithWhatToDo) {
  service_.failure = absl::UnavailableError("weather is isolated");
  const Outcome outcome = Weather({"get", "Oslo", "--timeout", "2s"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("./trellis weather circuit reset"));
}

TEST_F(WeatherCommandTest, CircuitIsShownIsolatedAndReset) {
  const Outcome shown = Weather({"circuit"});
  EXPECT_EQ(shown.code, ExitCode::kOk);
  EXPECT_THAT(shown.out, HasSubstr("half-open"));
  EXPECT_THAT(shown.out, HasSubstr("25 %"));
  EXPECT_THAT(shown.out, HasSubstr("here"));
  EXPECT_THAT(service_.actions, IsEmpty());
  EXPECT_EQ(Weather({"circuit", "isolate"}).code, ExitCode::kOk);
  EXPECT_EQ(Weather({"circuit", "reset", "--json"}).code, ExitCode::kOk);
  EXPECT_THAT(service_.actions,
              ElementsAre(v1::SetCircuitRequest::ISOLATE, v1::SetCircuitRequest::RESET));
  EXPECT_EQ(Weather({"circuit", "open"}).code, ExitCode::kUsage);
}

TEST_F(WeatherCommandTest, StatsTellOfStreamsAndCircuit) {
  service_.stats.set_lag(11);
  service_.stats.set_pending(12);
  service_.stats.set_waiting(13);
  service_.stats.set_limit(14);
  *service_.stats.mutable_circuit() = service_.circuit;
  const Outcome outcome = Weather({"stats"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_THAT(outcome.out, HasSubstr("unread    11\n"));
  EXPECT_THAT(outcome.out, HasSubstr("pending   12\n"));
  EXPECT_THAT(outcome.out, HasSubstr("13 of at most 14\n"));
  EXPECT_THAT(outcome.out, HasSubstr("circuit   half-open\n"));
  EXPECT_THAT(Weather({"stats", "--json"}).out, HasSubstr(R"("lag":"11")"));
}

TEST_F(WeatherCommandTest, MissingServerIsNamedWithItsVariable) {
  const Outcome outcome = Weather({"stats", "--addr", "127.0.0.1:1"});
  EXPECT_EQ(outcome.code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("--addr or WEATHER_ADDR names another server."));
}

}  // namespace
}  // namespace trellis::cli
