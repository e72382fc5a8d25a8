// What a client of the Weather service sees over HTTP, and what its metrics are called. Alerts and
// dashboards stand on the names: whoever changes one changes weather_metrics.golden with it.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "tests/support/json.h"
#include "tests/support/weather_load.h"
#include "trellis/weather/v1/weather.pb.h"

namespace trellis::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

class WeatherApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<WeatherStack>(); }
  static void TearDownTestSuite() { shared_.reset(); }
  void TearDown() override {
    if (HasFailure()) std::cerr << shared_->LogTails();
  }
  static WeatherStack& stack() { return *shared_; }
  static HttpReply Post(const std::string& path, const std::string& json) {
    const auto reply = stack().Http().PostJson(path, json);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : HttpReply();
  }
  static std::string Get(const std::string& path) {
    const auto reply = stack().Http().Get(path);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->body : "";
  }
  static void AddNames(ServerProcess& process, const std::string& as,
                       std::set<std::string>* names) {
    for (const std::string& name : process.MetricNames()) names->insert(as + " " + name);
  }

 private:
  static inline std::unique_ptr<WeatherStack> shared_;
};

TEST_F(WeatherApiTest, SeedsWalkThrough) {
  const HttpReply reply =
      Post("/WeatherForecast/city", R"({"city":"New York","location":"Downtown"})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  for (const char* field :
       {R"("city":"New York")", R"("location":"Downtown")", R"("date":")", R"("temperatureC":)",
        R"("temperatureF":)", R"("summary":")", R"("servedBy":")", R"("correlationId":")"}) {
    EXPECT_THAT(reply.body, HasSubstr(field));
  }
  const auto first = FromJson<weather::v1::GetForecastResponse>(reply.body);
  EXPECT_EQ(first.forecasts_size(), 5);
  EXPECT_NE(stack().FindWorker(first.served_by()), nullptr);
  const auto& timing = first.timing();
  EXPECT_GT(timing.work_ms(), 0);
  EXPECT_NEAR(timing.way_ms() + timing.stream_ms() + timing.work_ms(), timing.total_ms(), 1e-6);
  const auto second = FromJson<weather::v1::GetForecastResponse>(
      Post("/WeatherForecast/city", R"({"city":"New York","location":"Downtown"})").body);
  EXPECT_NE(first.correlation_id(), second.correlation_id());
  // Unless midnight is between them.
  if (first.forecasts(0).date() == second.forecasts(0).date()) {
    EXPECT_EQ(first.forecasts(0).temperature_c(), second.forecasts(0).temperature_c());
  }
}

TEST_F(WeatherApiTest, BadCitiesAreNamed) {
  for (const std::string& city : {std::string(), std::string(129, 'x')}) {
    const HttpReply reply = Post("/WeatherForecast/city", R"({"city":")" + city + "\"}");
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(ParseError(reply.body).fields, ElementsAre("city"));
  }
  const HttpReply reply =
      Post("/WeatherForecast/city", R"({"city":"x","location":")" + std::string(129, 'x') + "\"}");
  EXPECT_THAT(ParseError(reply.body).fields, ElementsAre("location"));
}

TEST_F(WeatherApiTest, IsolatedCircuitRefusesUntilItIsReset) {
  EXPECT_THAT(Get("/v1/weather/circuit"), HasSubstr(R"("state":"CLOSED")"));
  EXPECT_THAT(Post("/v1/weather/circuit", R"({"action":"ISOLATE"})").body,
              HasSubstr(R"("state":"ISOLATED")"));
  const HttpReply refused = Post("/WeatherForecast/city", R"({"city":"x"})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("isolated"));
  EXPECT_EQ(stack().service().Metric(R"(trellis_circuit_state{circuit="weather"})"), 3);
  EXPECT_THAT(Post("/v1/weather/circuit", R"({"action":"RESET"})").body,
              HasSubstr(R"("state":"CLOSED")"));
  EXPECT_EQ(Post("/WeatherForecast/city", R"({"city":"x"})").status, 200);
  EXPECT_EQ(Post("/v1/weather/circuit", "{}").status, 400);
}

TEST_F(WeatherApiTest, StatsTellOfTheStreams) {
  const auto stats = FromJson<weather::v1::Stats>(Get("/v1/weather/stats"));
  EXPECT_EQ(stats.pending(), 0);
  EXPECT_EQ(stats.lag(), 0);
  EXPECT_EQ(stats.consumers(), 1);
  EXPECT_GT(stats.limit(), 0);
  EXPECT_EQ(stats.circuit().state(), weather::v1::Circuit::CLOSED);
  EXPECT_FALSE(stats.instance().empty());
}

TEST_F(WeatherApiTest, MetricsAreThoseOfTheGoldenFile) {
  std::vector<std::string> golden;
  std::istringstream text(base::testing::ReadFile(TRELLIS_GOLDEN));
  for (std::string line; std::getline(text, line);) golden.push_back(line);
  std::set<std::string> names;
  AddNames(stack().service(), "weather", &names);
  AddNames(stack().worker(0), "weather-worker", &names);
  std::string all;
  for (const std::string& name : names) all += name + "\n";
  EXPECT_THAT(names, ElementsAreArray(golden)) << "they are now:\n" << all;
}

TEST_F(WeatherApiTest, CallsAreCounted) {
  const std::string answered = R"(trellis_weather_calls_total{outcome="answered"})";
  const std::string accepted = R"(trellis_weather_answers_total{outcome="accepted"})";
  const double calls = stack().service().Metric(answered);
  const double answers = stack().worker(0).Metric(accepted);
  for (int i = 0; i < 3; ++i) Post("/WeatherForecast/city", R"({"city":"x"})");
  EXPECT_EQ(stack().service().Metric(answered), calls + 3);
  EXPECT_TRUE(WaitUntil([&] { return stack().worker(0).Metric(accepted) == answers + 3; }));
}

// Of its own, since it takes away what the others need.
using WeatherOutageTest = WeatherTest;

TEST_F(WeatherOutageTest, WithoutRedisCallsFailFastAndReadinessSaysWhy) {
  Make();
  stack().redis().Kill();
  EXPECT_TRUE(WaitUntil([&] { return !stack().service().Ready(); }));
  HttpClient http = stack().Http();
  const Asked asked = Ask(http, "x", milliseconds(5000));
  EXPECT_EQ(asked.status, 503);
  EXPECT_LT(asked.took, milliseconds(4000));
  stack().redis().Start();
  EXPECT_TRUE(WaitUntil([&] { return Ask(http, "x", milliseconds(2000)).status == 200; }));
}

TEST_F(WeatherOutageTest, WithoutAWorkerCallsEndAtTheirDeadline) {
  Make({.workers = 0});
  HttpClient http = stack().Http();
  const Asked asked = Ask(http, "x", milliseconds(700));
  EXPECT_EQ(asked.status, 504);
  EXPECT_LT(asked.took, milliseconds(1500));
  stack().AddWorker();
  EXPECT_EQ(Ask(http, "x", milliseconds(10'000)).status, 200);
}

}  // namespace
}  // namespace trellis::testing
