#include "mesh/telemetry/log.h"

#include <gmock/gmock.h>
#include <simdjson.h>

#include <cmath>
#include <functional>
#include <limits>
#include <sstream>

namespace trellis::telemetry {
namespace {

using ::testing::MatchesRegex;

// Parses strictly: simdjson refuses what RFC 8259 does not allow, bad UTF-8 included.
class Json {
 public:
  explicit Json(const std::string& text) : element_(parser_.parse(text)) {}
  [[nodiscard]] simdjson::dom::element operator[](std::string_view key) const {
    return element_[key];
  }
  [[nodiscard]] std::string Text(std::string_view key) const {
    return std::string(std::string_view(element_[key]));
  }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element element_;
};

// What a process with this log level prints while `act` runs.
std::vector<std::string> LinesOf(const std::string& level, const std::function<void()>& act) {
  ::testing::internal::CaptureStdout();
  StartLog("test-service", level);
  act();
  StopLog();
  std::istringstream text(::testing::internal::GetCapturedStdout());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

TEST(Log, LineIsAJsonObjectWithTimeLevelServiceAndMessage) {
  const auto lines = LinesOf("info", [] { Log(Level::kWarn, "hello \"you\""); });
  ASSERT_EQ(lines.size(), 1u);
  const Json json(lines[0]);
  EXPECT_THAT(json.Text("time"), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{6}Z"));
  EXPECT_EQ(json.Text("level"), "warn");
  EXPECT_EQ(json.Text("service"), "test-service");
  EXPECT_EQ(json.Text("message"), "hello \"you\"");
}

TEST(Log, FieldsKeepTheirTypes) {
  const auto lines = LinesOf("info", [] {
    const std::string text = "string";
    Log(Level::kInfo, "m",
        {{"view", std::string_view("view")},
         {"literal", "literal"},
         {"string", text},
         {"int", -3},
         {"large", std::numeric_limits<int64_t>::min()},
         {"size", size_t{7}},
         {"double", 0.25},
         {"true", true},
         {"false", false}});
  });
  ASSERT_EQ(lines.size(), 1u);
  const Json json(lines[0]);
  EXPECT_EQ(json.Text("view"), "view");
  EXPECT_EQ(json.Text("literal"), "literal");
  EXPECT_EQ(json.Text("string"), "string");
  EXPECT_EQ(int64_t(json["int"]), -3);
  EXPECT_EQ(int64_t(json["large"]), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(int64_t(json["size"]), 7);
  EXPECT_EQ(double(json["double"]), 0.25);
  EXPECT_TRUE(bool(json["true"]));
  EXPECT_FALSE(bool(json["false"]));
}

TEST(Log, NumbersThatJsonDoesNotKnowAreNull) {
  const auto lines = LinesOf("info", [] {
    Log(Level::kInfo, "m", {{"nan", std::nan("")}, {"inf", -HUGE_VAL}});
  });
  ASSERT_EQ(lines.size(), 1u);
  const Json json(lines[0]);
  EXPECT_TRUE(json["nan"].is_null());
  EXPECT_TRUE(json["inf"].is_null());
}

TEST(Log, KeysAndValuesAreEscaped) {
  const auto lines = LinesOf("info", [] {
    Log(Level::kInfo, "a\nb", {{"k\"ey", "x\ny\xff\",\"level\":\"z"}});
  });
  ASSERT_EQ(lines.size(), 1u) << "a new line in a value must not start a new line";
  const Json json(lines[0]);
  EXPECT_EQ(json.Text("message"), "a\nb");
  EXPECT_EQ(json.Text("k\"ey"), "x\ny\uFFFD\",\"level\":\"z");
  EXPECT_EQ(json.Text("level"), "info");
}

TEST(Log, LessThanTheLevelIsLeftOut) {
  const auto lines = LinesOf("warn", [] {
    EXPECT_FALSE(LogEnabled(Level::kInfo));
    EXPECT_TRUE(LogEnabled(Level::kWarn));
    for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
      Log(level, "m");
    }
  });
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(Json(lines[0]).Text("level"), "warn");
  EXPECT_EQ(Json(lines[1]).Text("level"), "error");
}

TEST(Log, StopWritesEverythingInOrder) {
  const auto lines = LinesOf("debug", [] {
    for (int i = 0; i < 1000; ++i) Log(Level::kDebug, "m", {{"i", i}});
  });
  ASSERT_EQ(lines.size(), 1000u);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(int64_t(Json(lines[i])["i"]), i);
}

TEST(Log, IsIgnoredBeforeStartAndAfterStop) {
  EXPECT_TRUE(LinesOf("debug", [] {}).empty());
  EXPECT_FALSE(LogEnabled(Level::kError));
  Log(Level::kError, "nobody listens");
}

}  // namespace
}  // namespace trellis::telemetry
