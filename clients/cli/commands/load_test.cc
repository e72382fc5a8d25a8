#include <gmock/gmock.h>

#include <set>

#include "clients/cli/commands/commands.h"
#include "clients/cli/testing/fake_keytest_service.h"
#include "clients/cli/testing/fake_order_service.h"
#include "clients/cli/testing/fake_weather_service.h"
#include "clients/cli/testing/run_cli.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::cli {
namespace {

using base::testing::ReadFile;
using ::testing::AllOf;
using testing::FakeKeyTestService;
using testing::FakeOrderService;
using testing::FakeWeatherService;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::RunCli;
using ::testing::StartsWith;
using testing::World;

class LoadCommandTest : public ::testing::Test {
 protected:
  LoadCommandTest() {
    world_.commands = AllCommands();
    world_.environment["WEATHER_ADDR"] = weather_.address();
    world_.environment["ORDER_ADDR"] = order_.address();
    world_.environment["KEYTEST_ADDR"] = keytest_.address();
  }
  Outcome Load(std::vector<std::string> words) {
    words.insert(words.begin(), "load");
    return RunCli(world_, words);
  }
  void ExpectUsageError(const std::vector<std::string>& words, const std::string& message) {
    const Outcome outcome = Load(words);
    EXPECT_EQ(outcome.code, ExitCode::kUsage) << message;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_EQ(weather_.calls(), 0) << message;
  }
  std::vector<std::string> Cities() const {
    std::vector<std::string> cities;
    for (const auto& request : weather_.asked) cities.push_back(request.city());
    return cities;
  }

  FakeWeatherService weather_;
  FakeOrderService order_;
  FakeKeyTestService keytest_;
  World world_;
  const base::testing::TempDir directory_;
};

TEST_F(LoadCommandTest, SequentialMakesEachCallAndReports) {
  const Outcome outcome = Load({"weather", "--count", "30"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("30 of 30"));
  EXPECT_THAT(outcome.out, HasSubstr("30 OK (100 %), 0 errors"));
  EXPECT_THAT(outcome.out, HasSubstr("at most 1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("p99.9"));
  EXPECT_EQ(outcome.err, "") << "no progress bar without a terminal";
  EXPECT_EQ(weather_.calls(), 30);
}

TEST_F(LoadCommandTest, ConcurrentMakesEachCall) {
  const Outcome outcome =
      Load({"weather", "--mode", "concurrent", "--count", "200", "--concurrency", "8"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(weather_.calls(), 200);
}

TEST_F(LoadCommandTest, RateTimesDurationIsTheNumberOfCalls) {
  const Outcome outcome = Load({"weather", "--rate", "200", "--duration", "500ms"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(weather_.calls(), 100);
  EXPECT_THAT(outcome.out, HasSubstr("200/s asked"));
}

TEST_F(LoadCommandTest, SameSeedSendsTheSameInputs) {
  ASSERT_EQ(Load({"weather", "--count", "20", "--seed", "5"}).code, ExitCode::kOk);
  const std::vector<std::string> first = Cities();
  weather_.asked.clear();
  ASSERT_EQ(Load({"weather", "--count", "20", "--seed", "5"}).code, ExitCode::kOk);
  EXPECT_EQ(Cities(), first);
  weather_.asked.clear();
  ASSERT_EQ(Load({"weather", "--count", "20", "--seed", "6"}).code, ExitCode::kOk);
  EXPECT_NE(Cities(), first);
  EXPECT_GT(std::set<std::string>(first.begin(), first.end()).size(), 5U);
}

TEST_F(LoadCommandTest, OrdersAreOfArticlesOnStockAndNoIdIsUsedTwice) {
  for (int run = 0; run < 2; ++run) {
    const Outcome outcome = Load({"order", "--count", "40"});
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  }
  ASSERT_EQ(order_.placed.size(), 80U);
  std::set<std::string> ids;
  for (const auto& order : order_.placed) {
    ids.insert(order.id());
    EXPECT_GE(order.qty(), 1);
    EXPECT_LE(order.id().size(), 64U);
    EXPECT_GE(order_.inventory[order.sku()], 40 * order.qty());
    EXPECT_THAT(order.sku(), StartsWith("load-"));
  }
  EXPECT_EQ(ids.size(), 80U);
}

TEST_F(LoadCommandTest, StockThatSufficesIsLeftAlone) {
  order_.inventory["load-3"] = 1'000'000;
  ASSERT_EQ(Load({"order", "--count", "5"}).code, ExitCode::kOk);
  EXPECT_EQ(order_.inventory["load-3"], 1'000'000);
  EXPECT_EQ(order_.inventory["load-4"], 25);
}

TEST_F(LoadCommandTest, KeytestIsAskedForItsStatusAndLeftAlone) {
  const Outcome outcome = Load({"keytest", "--count", "30"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("30 OK"));
  EXPECT_EQ(keytest_.asked, 30);
  EXPECT_EQ(keytest_.started.size(), 0U);
  EXPECT_EQ(keytest_.stopped, 0);
}

TEST_F(LoadCommandTest, RunOfKeysEndsWithTheLoad) {
  keytest_.statuses.front().set_run_id("r1");
  const Outcome outcome = Load({"keytest", "--keys", "5000", "--count", "30"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  ASSERT_EQ(keytest_.started.size(), 1U);
  EXPECT_EQ(keytest_.started[0].keys(), 5000);
  EXPECT_FALSE(keytest_.started[0].has_delay_ms());
  EXPECT_EQ(keytest_.stopped, 1);
}

TEST_F(LoadCommandTest, SomebodyElsesRunIsNotStopped) {
  keytest_.statuses.front().set_run_id("r1");
  keytest_.after_start.emplace().set_run_id("r2");
  EXPECT_EQ(Load({"keytest", "--keys", "5", "--count", "3"}).code, ExitCode::kOk);
  EXPECT_EQ(keytest_.stopped, 0);
}

TEST_F(LoadCommandTest, RunThatCannotBeStartedIsNamedAndNothingIsSent) {
  keytest_.failure = base::MakeStatus(absl::StatusCode::kFailedPrecondition, "a test is running");
  const Outcome outcome = Load({"keytest", "--keys", "5"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("could not be prepared: a test is running"));
  EXPECT_EQ(keytest_.asked, 0);
}

TEST_F(LoadCommandTest, NothingIsSentToAServiceThatIsNotHealthy) {
  weather_.SetServing(false);
  const Outcome sick = Load({"weather"});
  EXPECT_EQ(sick.code, ExitCode::kFailed);
  EXPECT_THAT(sick.err, HasSubstr("is not healthy: NOT_SERVING; nothing was sent"));
  const Outcome away = Load({"weather", "--addr", "127.0.0.1:1", "--timeout", "500ms"});
  EXPECT_EQ(away.code, ExitCode::kUnreachable);
  EXPECT_THAT(away.err, AllOf(HasSubstr("weather at 127.0.0.1:1 is not available"),
                              HasSubstr("nothing was sent"), HasSubstr("WEATHER_ADDR")));
  const Outcome other = Load({"weather", "--addr", order_.address()});
  EXPECT_EQ(other.code, ExitCode::kFailed);
  EXPECT_THAT(other.err, HasSubstr("does not say whether trellis.weather.v1.WeatherService"));
  EXPECT_EQ(weather_.calls() + order_.calls(), 0);
}

TEST_F(LoadCommandTest, ErrorsAreCountedByCodeAndNotRetried) {
  weather_.failure = absl::UnavailableError("weather is isolated");
  const Outcome outcome = Load({"weather", "--count", "20"});
  EXPECT_EQ(outcome.code, ExitCode::kFailed) << "not one call was answered OK";
  EXPECT_THAT(outcome.out, HasSubstr("0 OK (0 %), 20 errors"));
  EXPECT_THAT(outcome.out, HasSubstr("UNAVAILABLE     20  100 %  weather is isolated"));
  EXPECT_EQ(weather_.calls(), 20);
}

TEST_F(LoadCommandTest, MissedThresholdsHaveAnExitCodeAndAreNamed) {
  const std::vector<std::string> good{"weather",     "--count", "20",
                                      "--threshold", "max<1m",  "--threshold=errors<1%"};
  EXPECT_EQ(Load(good).code, ExitCode::kOk);
  const Outcome outcome =
      Load({"weather", "--count", "20", "--threshold", "max<1m", "--threshold", "rate>10000000"});
  EXPECT_EQ(outcome.code, ExitCode::kThresholdMissed);
  EXPECT_EQ(static_cast<int>(outcome.code), 5);
  EXPECT_THAT(outcome.err, HasSubstr("threshold rate>10000000 is not met: "));
  EXPECT_THAT(outcome.err, Not(HasSubstr("max<1m")));
}

TEST_F(LoadCommandTest, ReportsGoToFilesOrStdout) {
  const std::string json = directory_.File("report.json");
  const std::string html = directory_.File("report.html");
  EXPECT_EQ(Load({"weather", "--count", "5", "--json", json, "--html", html}).code, ExitCode::kOk);
  EXPECT_THAT(ReadFile(json), StartsWith(R"({"target":"weather",)"));
  EXPECT_THAT(ReadFile(html), StartsWith("<!doctype html>"));
  EXPECT_EQ(Load({"weather", "--count", "6", "--json", json}).code, ExitCode::kOk);
  EXPECT_THAT(ReadFile(json), HasSubstr(R"("calls":6,"ok":6,)"));
  const Outcome outcome = Load({"weather", "--count", "5", "--json", "-"});
  EXPECT_THAT(outcome.out, StartsWith(R"({"target":"weather",)"));
  EXPECT_THAT(outcome.err, HasSubstr("5 of 5"));
}

TEST_F(LoadCommandTest, FileThatCannotBeWrittenIsNamedBeforeTheLoad) {
  const Outcome outcome = Load({"weather", "--html", "/nowhere/report.html"});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_THAT(outcome.err, HasSubstr("--html: cannot write /nowhere/report.html"));
  EXPECT_EQ(weather_.calls(), 0);
}

TEST_F(LoadCommandTest, WhatIsWrongOnTheCommandLineIsNamed) {
  ExpectUsageError({}, "load needs TARGET");
  ExpectUsageError({"wether"},
                   "TARGET: 'wether' is not one of enqueue, order, weather, post, keytest");
  ExpectUsageError({"weather", "--rat", "5"},
                   "'--rat' is not a flag of load; did you mean --rate?");
  ExpectUsageError({"weather", "--rate", "0"}, "--rate: '0' is not a whole number from 1");
  ExpectUsageError({"weather", "--mode", "parallel"}, "--mode: 'parallel' is not one of");
  ExpectUsageError({"weather", "--rate", "5", "--count", "7"}, "--count does not go with --rate");
  ExpectUsageError({"weather", "--rate", "5", "--mode", "concurrent"}, "--mode does not go with");
  ExpectUsageError({"weather", "--duration", "7s"}, "--duration needs --rate");
  ExpectUsageError({"weather", "--max-in-flight", "7"}, "--max-in-flight needs --rate");
  ExpectUsageError({"weather", "--concurrency", "7"}, "--concurrency needs --mode concurrent");
  ExpectUsageError({"weather", "--rate", "1", "--duration", "400ms"}, "--duration: not one call");
  ExpectUsageError({"weather", "--rate", "1000000", "--duration", "1h"}, "--rate times --duration");
  ExpectUsageError({"weather", "--timeout", "0s"}, "--timeout: must be more than nothing");
  ExpectUsageError({"weather", "--threshold", "p99<50"},
                   "--threshold: 'p99<50' is not a threshold");
  ExpectUsageError({"weather", "--keys", "5"}, "--keys: weather starts no runs, keytest does");
  ExpectUsageError({"keytest", "--keys", "0"}, "--keys: '0' is not a whole number from 1");
  ExpectUsageError({"weather", "--html", "-"}, "--html: a file name is expected");
  world_.environment["WEATHER_ADDR"] = "nonsense";
  ExpectUsageError({"weather"}, "WEATHER_ADDR: 'nonsense' is not host:port");
}

}  // namespace
}  // namespace trellis::cli
