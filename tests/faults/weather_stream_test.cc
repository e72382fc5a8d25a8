// Guarantee: a group that is slower than what floods it loses no unread request, and the memory of
// the streams is bounded.
#include <iostream>

#include "tests/support/weather_load.h"

namespace trellis::testing {
namespace {

constexpr char kStream[] = "weather-requests";
constexpr int64_t kDepthLimit = 500;

class WeatherStreamTest : public WeatherTest {
 protected:
  int64_t Integer(const std::vector<std::string>& command) {
    return stack().redis().Run(command).Integer();
  }
  int64_t OfStream(const std::string& name) {
    const redis::Reply info = stack().redis().Run({"XINFO", "STREAM", kStream});
    for (size_t i = 0; i + 1 < info.size(); i += 2) {
      if (info[i].Text() == name) return info[i + 1].Integer();
    }
    return -1;
  }
  int64_t Length() { return Integer({"XLEN", kStream}); }
  double Read() { return stack().WorkersMetric(R"(trellis_weather_requests_total{event="read"})"); }
  void MakeSlowGroup() {
    // Nothing keeps the flood away but the stream's own limit.
    Make({.workers = 1,
          .service = {{"LIMIT_MIN", "100000"},
                      {"LIMIT_MAX", "100000"},
                      {"CIRCUIT_FAILURE_PERCENT", "101"},
                      {"CIRCUIT_SLOW_PERCENT", "101"},
                      {"STREAM_DEPTH_LIMIT", std::to_string(kDepthLimit)}},
          .worker = {{"PROCESSING_DELAY_MS", "100ms"}, {"WORKER_CONCURRENCY", "8"}}});
  }
  // Floods the stream, and calls `look` all the time.
  template <typename Look>
  void Flood(milliseconds time, Look look) {
    WeatherLoad load(stack(), {.clients = 600, .deadline = milliseconds(6000)});
    (void)WaitUntil(
        [&] {
          look();
          return false;
        },
        time);
    load.Stop();
    std::cout << load.Summary() << std::endl;
    EXPECT_EQ(load.hung(), 0);
    EXPECT_EQ(load.wrong(), 0);
  }
};

TEST_F(WeatherStreamTest, SlowGroupReadsEveryRequestAndTheStreamStaysSmall) {
  MakeSlowGroup();
  int64_t longest = 0, largest = 0;
  // Longer than two rounds of the workers' upkeep, which trims.
  Flood(milliseconds(16'000), [&] {
    longest = std::max(longest, Length());
    largest = std::max(largest, Integer({"MEMORY", "USAGE", kStream, "SAMPLES", "0"}));
  });
  ASSERT_TRUE(WaitUntil([&] { return Length() == 0; }, milliseconds(30'000)));
  const int64_t added = OfStream("entries-added");
  std::cout << "requests " << added << ", longest stream " << longest << ", largest "
            << largest / 1024 << " KiB" << std::endl;
  EXPECT_EQ(longest, kDepthLimit) << "this was to be more than the stream takes";
  // An entry is some 250 bytes; the pending list and the tree's nodes come on top.
  EXPECT_LE(largest, kDepthLimit * 1024);
  EXPECT_EQ(Read(), static_cast<double>(added)) << "unread requests were trimmed";
  // And the replies.
  EXPECT_TRUE(WaitUntil([&] {
    const redis::Reply keys = stack().redis().Run({"KEYS", "weather-responses:*"});
    return keys.size() == 1 && Integer({"XLEN", std::string(keys[0].Text())}) == 0;
  }));
}

TEST_F(WeatherStreamTest, ControlTrimmingByLengthLosesUnreadRequests) {
  MakeSlowGroup();
  Flood(milliseconds(3000), [&] {
    (void)stack().redis().Run({"XTRIM", kStream, "MAXLEN", "100"});
  });
  ASSERT_TRUE(WaitUntil([&] { return Length() == 0; }, milliseconds(30'000)));
  EXPECT_LT(Read(), static_cast<double>(OfStream("entries-added")))
      << "this was to show that the account notices";
}

}  // namespace
}  // namespace trellis::testing
