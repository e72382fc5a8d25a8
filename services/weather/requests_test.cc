#include "services/weather/requests.h"

#include <gmock/gmock.h>

#include "services/weather/correlation_table.h"
#include "services/weather/service_time.h"
#include "services/weather/stream_clock.h"
#include "services/weather/stream_id.h"

namespace trellis::weather {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ForecastQuery> Query(const std::string& city, const std::string& location = "") {
  v1::GetForecastRequest request;
  request.set_city(city);
  request.set_location(location);
  return QueryFrom(request);
}

TEST(WeatherRequestsTest, CityIsOneTo128Characters) {
  EXPECT_TRUE(Query("x").ok());
  EXPECT_TRUE(Query(std::string(128, 'x')).ok());
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "\xc3\xbc";
  EXPECT_TRUE(Query(umlauts).ok()) << "characters, not bytes";
  for (const std::string& bad : {std::string(), std::string("  "), std::string(129, 'x')}) {
    const auto query = Query(bad);
    EXPECT_EQ(query.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(base::MessageOf(query.status()), HasSubstr("city"));
  }
  EXPECT_THAT(base::MessageOf(Query("x", std::string(129, 'x')).status()), HasSubstr("location"));
}

TEST(WeatherRequestsTest, ReplyBecomesAResponse) {
  const std::chrono::sys_days date{std::chrono::year(2026) / 3 / 1};
  const std::string body = EncodeForecasts({{date, -40, "Freezing"}, {date, 21, "Warm"}});
  const auto response = ToResponse({"Oslo", "Center", 5}, "id", {body, "w"}, milliseconds(9));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->city(), "Oslo");
  EXPECT_EQ(response->location(), "Center");
  EXPECT_EQ(response->served_by(), "w");
  EXPECT_EQ(response->correlation_id(), "id");
  EXPECT_EQ(response->forecasts(0).date(), "2026-03-01");
  EXPECT_EQ(response->forecasts(0).temperature_f(), -40);
  EXPECT_EQ(response->forecasts(1).temperature_f(), 70);
  EXPECT_FALSE(response->has_timing()) << "a worker that does not say how long it took";
  EXPECT_EQ(ToResponse({"Oslo", "", 5}, "id", {"\xff\xff", "w"}, milliseconds(9)).status().code(),
            absl::StatusCode::kInternal);
}

v1::Timing SplitOf(milliseconds total, milliseconds kept, milliseconds work,
                   int64_t asked_ms = 1000) {
  const std::string body = EncodeForecasts({}, {work, asked_ms});
  return ToResponse({"Oslo", "", 5}, "id", {body, "w", 1000 + kept.count()}, total)->timing();
}

TEST(WeatherRequestsTest, TimeIsSplitIntoPartsThatAddUp) {
  const v1::Timing timing = SplitOf(milliseconds(9), milliseconds(7), milliseconds(4));
  EXPECT_EQ(timing.total_ms(), 9);
  EXPECT_EQ(timing.way_ms(), 2);
  EXPECT_EQ(timing.stream_ms(), 3);
  EXPECT_EQ(timing.work_ms(), 4);
}

TEST(WeatherRequestsTest, ClocksThatDisagreeMakeNoPartNegative) {
  const v1::Timing coarse = SplitOf(milliseconds(9), milliseconds(0), milliseconds(4));
  EXPECT_EQ(coarse.stream_ms(), 0);
  EXPECT_EQ(coarse.way_ms(), 5);
  const v1::Timing slow = SplitOf(milliseconds(9), milliseconds(50), milliseconds(4));
  EXPECT_EQ(slow.stream_ms(), 5);
  EXPECT_EQ(slow.way_ms(), 0);
  const v1::Timing slower = SplitOf(milliseconds(9), milliseconds(50), milliseconds(40));
  EXPECT_EQ(slower.work_ms(), 9);
  EXPECT_EQ(slower.stream_ms(), 0);
}

TEST(WeatherRequestsTest, TimeIsNotSplitWhereAPartIsNotKnown) {
  EXPECT_EQ(SplitOf(milliseconds(9), milliseconds(7), milliseconds(4), 0).total_ms(), 0);
  EXPECT_EQ(SplitOf(milliseconds(9), milliseconds(7), milliseconds(0)).total_ms(), 0);
}

TEST(WeatherRequestsTest, CircuitActionIsNeeded) {
  v1::SetCircuitRequest request;
  EXPECT_THAT(base::MessageOf(IsolateFrom(request).status()), HasSubstr("action"));
  request.set_action(v1::SetCircuitRequest::ISOLATE);
  EXPECT_TRUE(*IsolateFrom(request));
  request.set_action(v1::SetCircuitRequest::RESET);
  EXPECT_FALSE(*IsolateFrom(request));
}

TEST(StreamIdTest, OrdersAsRedisDoes) {
  EXPECT_LT(StreamId::Parse("5-9"), StreamId::Parse("5-10"));
  EXPECT_LT(StreamId::Parse("9-0"), StreamId::Parse("10-0"));
  EXPECT_EQ(StreamId::Parse("1795633075095-1").Next().Text(), "1795633075095-2");
  EXPECT_EQ(StreamId::Parse("no id"), StreamId());
}

TEST(StreamClockTest, NeverShowsLessThanRedisMayShow) {
  StreamClock clock;
  EXPECT_FALSE(clock.known());
  const base::SteadyTime start{milliseconds(1000)};
  // Asked at 1000, Redis said 50,000 some time after that.
  clock.Observe(start, 50'000);
  EXPECT_GE(clock.LatestNow(start + milliseconds(10)), 50'010);
  EXPECT_LE(clock.LatestNow(start + milliseconds(10)), 50'012);
  // An answer that took long says less; the better one counts.
  clock.Observe(start + milliseconds(100), 50'150);
  EXPECT_LE(clock.LatestNow(start + milliseconds(200)), 50'202);
  // Redis' clock was set forward: after a few looks that is believed.
  for (int i = 0; i < 4; ++i) clock.Observe(start + milliseconds(300), 90'000);
  EXPECT_GE(clock.LatestNow(start + milliseconds(300)), 90'000);
  clock.Forget();
  EXPECT_FALSE(clock.known());
}

TEST(ServiceTimeTest, KnowsTheFastestOfLateAndForgets) {
  ServiceTime times;
  base::SteadyTime now{std::chrono::hours(1)};
  EXPECT_EQ(times.Fastest(now), milliseconds(0));
  times.Observe(now, milliseconds(50));
  times.Observe(now, milliseconds(40));
  EXPECT_EQ(times.Fastest(now), milliseconds(40));
  now += milliseconds(1500);
  EXPECT_EQ(times.Fastest(now), milliseconds(40)) << "the last second still counts";
  times.Observe(now, milliseconds(60));
  now += milliseconds(1500);
  EXPECT_EQ(times.Fastest(now), milliseconds(60));
  now += milliseconds(5000);
  EXPECT_EQ(times.Fastest(now), milliseconds(0)) << "so that somebody tries again";
}

TEST(CorrelationTableTest, AnotherAttemptTakesTheReplyToTheFirst) {
  boost::asio::io_context context;
  CorrelationTable table;
  const auto make = [&] {
    auto call = std::make_shared<WaitingCall>(context.get_executor(), "a",
                                              base::Deadline::After(milliseconds(1000)));
    table.Add(call);
    return call;
  };
  const WaitingCallPtr first = make();
  table.Fail(*first, absl::UnavailableError("away"));
  EXPECT_EQ(table.Deliver("a", Reply{}), CorrelationTable::Kind::kLate);
  const WaitingCallPtr second = make();
  table.Fail(*first, absl::UnavailableError("again"));
  table.Abandon(*first);
  EXPECT_EQ(table.size(), 1U) << "the first is over and touches nothing of the second";
  EXPECT_EQ(table.Deliver("a", Reply{"body", "w"}), CorrelationTable::Kind::kAccepted);
  EXPECT_TRUE(second->outcome->ok());
  EXPECT_EQ(table.Deliver("a", Reply{}), CorrelationTable::Kind::kDouble);
}

TEST(CorrelationTableTest, RemembersABoundedNumberOfCalls) {
  boost::asio::io_context context;
  CorrelationTable table;
  for (int i = 0; i < 20'000; ++i) {
    auto call = std::make_shared<WaitingCall>(context.get_executor(), std::to_string(i),
                                              base::Deadline::After(milliseconds(1000)));
    table.Add(call);
    table.Abandon(*call);
  }
  EXPECT_EQ(table.Deliver("19999", Reply{}), CorrelationTable::Kind::kLate);
  EXPECT_EQ(table.Deliver("0", Reply{}), CorrelationTable::Kind::kForeign);
}

}  // namespace
}  // namespace trellis::weather
