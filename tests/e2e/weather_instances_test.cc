// Several instances and reactors of the Weather service beside each other, and when one is ready.
#include <gmock/gmock.h>

#include "tests/support/weather_load.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

using WeatherInstancesTest = WeatherTest;

constexpr char kState[] = R"(trellis_circuit_state{circuit="weather"})";

TEST_F(WeatherInstancesTest, IsolatingAndResettingHoldForAllInstances) {
  Make();
  const std::unique_ptr<ServerProcess> other = stack().AddService(StablePort());
  HttpClient http = stack().Http();
  const auto isolated = http.PostJson("/v1/weather/circuit", R"({"action":"ISOLATE"})");
  ASSERT_TRUE(isolated.ok()) << isolated.status();
  EXPECT_THAT(isolated->body, HasSubstr("ISOLATED"));
  EXPECT_TRUE(WaitUntil([&] { return other->Metric(kState) == 3; }));
  const std::unique_ptr<ServerProcess> third = stack().AddService(StablePort());
  EXPECT_TRUE(WaitUntil([&] { return third->Metric(kState) == 3; })) << "also one that comes later";
  const auto reset = http.PostJson("/v1/weather/circuit", R"({"action":"RESET"})");
  ASSERT_TRUE(reset.ok()) << reset.status();
  EXPECT_TRUE(WaitUntil([&] { return other->Metric(kState) == 0 && third->Metric(kState) == 0; }));
}

TEST_F(WeatherInstancesTest, EachReactorHasRepliesOfItsOwn) {
  Make({.service = {{"REACTORS", "3"}, {"INSTANCE_ID", "i"}, {"CALL_TIMEOUT", "10s"}}});
  WeatherLoad load(stack(), {.clients = 8, .deadline = milliseconds(10'000)});
  EXPECT_TRUE(WaitUntil([&] { return load.good() >= 300; }));
  load.Stop();
  EXPECT_EQ(load.good(), load.made()) << load.Summary();
  EXPECT_EQ(load.wrong(), 0) << load.Summary();
  for (const char* stream :
       {"weather-responses:i", "weather-responses:i.1", "weather-responses:i.2"}) {
    EXPECT_EQ(stack().redis().Run({"EXISTS", stream}).Integer(), 1) << stream;
  }
  EXPECT_EQ(stack().service().Metric(R"(trellis_weather_replies_total{kind="foreign"})"), 0);
  EXPECT_EQ(stack().service().Terminate(), 0);
  EXPECT_EQ(stack().redis().Run({"KEYS", "weather-responses*"}).size(), 0U);
}

TEST_F(WeatherInstancesTest, NotReadyBeforeTheReplyStreamIsThere) {
  Make({.service = {{"INSTANCE_ID", "i"}}});
  stack().redis().Run({"SET", "weather-responses:i", "another kind of key"});
  stack().redis().Run({"CLIENT", "KILL", "TYPE", "normal"});
  const auto why = [&] {
    const auto reply = HttpClient(stack().service().Port("ops")).Get("/readyz");
    return reply.ok() && reply->status == 503 ? reply->body : "";
  };
  EXPECT_TRUE(WaitUntil([&] { return why().find("reply stream") != std::string::npos; })) << why();
  stack().redis().Run({"DEL", "weather-responses:i"});
  EXPECT_TRUE(WaitUntil([&] { return stack().service().Ready(); }));
}

TEST_F(WeatherInstancesTest, GatewayFindsARestartedInstance) {
  Make();
  HttpClient http = stack().Http();
  EXPECT_EQ(Ask(http, "x", milliseconds(10'000)).status, 200);
  stack().service().Kill();
  stack().service().StartAndAwaitReady();
  EXPECT_TRUE(WaitUntil([&] { return Ask(http, "x", milliseconds(10'000)).status == 200; }));
}

}  // namespace
}  // namespace trellis::testing
