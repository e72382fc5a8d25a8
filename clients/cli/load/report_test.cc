#include "clients/cli/load/report.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <sstream>

#include "clients/cli/load/chart.h"
#include "clients/cli/load/figures.h"
#include "clients/cli/load/progress.h"
#include "clients/cli/load/recorder.h"
#include "clients/cli/text.h"

namespace trellis::cli::load {
namespace {

using base::milliseconds;
using google::protobuf::Struct;
using google::protobuf::Value;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr base::SteadyTime kStart{std::chrono::hours(1)};

// 1000 calls at 100/s of 1 to 1000 ms; every hundredth is refused with a message that would break
// a page or a terminal.
Report ThousandCalls() {
  const Plan plan{
      .open = true, .calls = 1000, .limit = 50, .rate = 100, .timeout = milliseconds(2000)};
  Recorder recorder(plan, kStart, base::WallTime(std::chrono::seconds(1'800'000'000)));
  for (int i = 0; i < 1000; ++i) {
    const auto due = kStart + milliseconds(10 * i);
    recorder.Sent(due, due, 7, false);
    const bool ok = i % 100 != 0;
    recorder.Ended(due, due + milliseconds(i + 1), ok ? "OK" : "UNAVAILABLE",
                   ok ? "" : "<script>alert(\"x\")</script>\x1b[2J");
  }
  Report report{.target = "weather",
                .method = "trellis.weather.v1.WeatherService/GetForecast",
                .address = "127.0.0.1:1",
                .seed = 5,
                .results = recorder.Finish()};
  report.thresholds = {{"p99<50ms", "990 ms", false}, {"errors<5%", "1 %", true}};
  return report;
}

std::string Text(const Report& report) {
  std::istringstream in;
  std::ostringstream out;
  const Terminal terminal{.in = in, .out = out, .err = out, .environment = [](const std::string&) {
                            return std::optional<std::string>();
                          }};
  return TextReport(report, terminal);
}

Struct Json(const Report& report) {
  Struct parsed;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(JsonReport(report), &parsed).ok());
  return parsed;
}

const Value& At(const Struct& json, const std::vector<std::string>& path) {
  const Struct* object = &json;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    object = &object->fields().at(path[i]).struct_value();
  }
  return object->fields().at(path.back());
}

double Number(const Struct& json, const std::vector<std::string>& path) {
  return At(json, path).number_value();
}

TEST(TextReportTest, HasPercentilesWithSamplesRatesCodesAndThresholds) {
  const std::string text = Text(ThousandCalls());
  EXPECT_THAT(text, HasSubstr("trellis.weather.v1.WeatherService/GetForecast at 127.0.0.1:1\n"));
  EXPECT_THAT(text, HasSubstr("open loop: 100/s for 10 s, latency from the time"));
  EXPECT_THAT(text, HasSubstr("1000 of 1000 in 10.99 s, seed 5"));
  EXPECT_THAT(text, HasSubstr("990 OK (99.00 %), 10 errors"));
  EXPECT_THAT(text, HasSubstr("100/s asked, 100/s sent, 90.1/s answered OK"));
  EXPECT_THAT(text, ContainsRegex("p50 +50[0-9] ms +501 "));
  EXPECT_THAT(text, ContainsRegex("p99.9 +999 ms +2 "));
  EXPECT_THAT(text, ContainsRegex("max +1.00 s +1 "));
  EXPECT_THAT(text, ContainsRegex("OK +990 +99.00 %"));
  EXPECT_THAT(text, ContainsRegex("UNAVAILABLE +10 +1.00 % +<script>"));
  EXPECT_THAT(text, ContainsRegex("p99<50ms +990 ms +NO"));
  EXPECT_THAT(text, ContainsRegex("errors<5% +1 % +yes"));
  EXPECT_THAT(text, HasSubstr("From p99.9 on, percentiles stand on fewer than 10 of 1000 calls"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(JsonReportTest, HasTheSameFigures) {
  const Struct json = Json(ThousandCalls());
  EXPECT_EQ(At(json, {"target"}).string_value(), "weather");
  EXPECT_EQ(At(json, {"startedAt"}).string_value(), "2027-01-15T08:00:00Z");
  EXPECT_EQ(At(json, {"plan", "loop"}).string_value(), "open");
  EXPECT_EQ(Number(json, {"plan", "rate"}), 100);
  EXPECT_EQ(Number(json, {"plan", "maxInFlight"}), 50);
  EXPECT_EQ(Number(json, {"calls"}), 1000);
  EXPECT_EQ(Number(json, {"ok"}), 990);
  EXPECT_EQ(Number(json, {"errors"}), 10);
  EXPECT_EQ(Number(json, {"latency", "samples"}), 1000);
  EXPECT_EQ(Number(json, {"latency", "minMs"}), 1);
  EXPECT_EQ(Number(json, {"latency", "maxMs"}), 1000);
  EXPECT_NEAR(Number(json, {"latency", "meanMs"}), 500.5, 0.01);
  EXPECT_NEAR(Number(json, {"latency", "percentiles", "p90", "ms"}), 900, 8);
  EXPECT_EQ(Number(json, {"latency", "percentiles", "p90", "samples"}), 101);
  EXPECT_EQ(Number(json, {"okLatency", "samples"}), 990);
  EXPECT_EQ(Number(json, {"codes", "UNAVAILABLE", "calls"}), 10);
  EXPECT_EQ(Number(json, {"sends", "mostInFlight"}), 7);
  EXPECT_FALSE(At(json, {"thresholdsMet"}).bool_value());
  EXPECT_EQ(At(json, {"thresholds"}).list_value().values_size(), 2);
  double calls = 0;
  for (const Value& slot : At(json, {"timeline"}).list_value().values()) {
    calls += Number(slot.struct_value(), {"calls"});
  }
  EXPECT_EQ(calls, 1000);
  calls = 0;
  for (const Value& bucket : At(json, {"histogram"}).list_value().values()) {
    calls += Number(bucket.struct_value(), {"calls"});
  }
  EXPECT_EQ(calls, 1000);
}

TEST(HtmlReportTest, IsOneFileWithChartsThatAreTablesToo) {
  const std::string html = HtmlReport(ThousandCalls());
  EXPECT_THAT(html, Not(ContainsRegex("(src|href)=")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  EXPECT_THAT(html, Not(HasSubstr("<script"))) << "an error's text must not become markup";
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  for (const char* heading :
       {"Thresholds", "Latency", "Latency over time", "Histogram", "Status codes"}) {
    EXPECT_THAT(html, HasSubstr("<h2>" + std::string(heading) + "</h2>"));
  }
  size_t charts = 0;
  for (size_t at = html.find("</svg>"); at != std::string::npos; at = html.find("</svg>", at + 1)) {
    ++charts;
    const size_t table = html.find("<details><summary>As a table</summary>\n<table>", at);
    EXPECT_LT(table, html.find("<svg", at)) << "each chart is followed by its table";
  }
  EXPECT_EQ(charts, 3U);
  EXPECT_THAT(html, HasSubstr("<td>p99.9</td>"));
  EXPECT_THAT(html, HasSubstr("Not all are met."));
  EXPECT_THAT(html, Not(ContainsRegex("nan|inf[^o]")));
}

TEST(HtmlReportTest, RunWithoutACallIsAPage) {
  Report report;
  report.results.plan = {.calls = 5, .limit = 1, .timeout = milliseconds(1)};
  report.results.interrupted = true;
  EXPECT_THAT(HtmlReport(report), HasSubstr("Interrupted after 0 of 5 calls."));
  EXPECT_THAT(HtmlReport(report), Not(ContainsRegex("nan|inf[^o]")));
  EXPECT_THAT(Text(report), HasSubstr("0 of 5"));
  EXPECT_EQ(Number(Json(report), {"calls"}), 0);
}

TEST(WarningsTest, LateAndUnsentCallsAreSaidWithTheirReason) {
  Results results = ThousandCalls().results;
  results.late = 30;
  results.held = 20;
  results.latest = std::chrono::milliseconds(1500);
  results.codes[kNotSent].calls = 1;
  const auto warnings = Warnings(results);
  ASSERT_EQ(warnings.size(), 3U);
  EXPECT_THAT(warnings[0], HasSubstr("Not sent: 1 call of those that were due, since at most 50"));
  EXPECT_THAT(warnings[1], HasSubstr("30 calls, the latest by 1.50 s; 20 because 50 were in flight "
                                     "(--max-in-flight); 10 because this machine did not keep up"));
}

TEST(FiguresTest, Formats) {
  EXPECT_EQ(FormatLatency(245.0), "0.245 ms");
  EXPECT_EQ(FormatLatency(61'420.0), "61.4 ms");
  EXPECT_EQ(FormatLatency(2'500'000.0), "2.50 s");
  EXPECT_EQ(FormatNumber(200), "200");
  EXPECT_EQ(FormatNumber(0.1234), "0.123");
  EXPECT_EQ(FormatPercent(0.000001), "<0.01 %");
  EXPECT_EQ(FormatPercent(0.999999), ">99.99 %");
  EXPECT_EQ(FormatPercent(0), "0 %");
  EXPECT_EQ(FormatPercent(1), "100 %");
}

TEST(FiguresTest, BarsHoldAllCallsAndTheGapsBetween) {
  Histogram histogram;
  histogram.Record(microseconds(400), 3);
  histogram.Record(milliseconds(20), 2);
  const auto bars = Bars(histogram);
  int64_t calls = 0;
  for (size_t i = 0; i < bars.size(); ++i) {
    calls += bars[i].calls;
    if (i > 0) {
      EXPECT_EQ(bars[i].from_us, bars[i - 1].to_us);
    }
  }
  EXPECT_EQ(calls, 5);
  EXPECT_EQ(bars.front().from_us, 300);
  EXPECT_EQ(bars.front().calls, 3);
  EXPECT_EQ(bars.back().calls, 2);
  EXPECT_GT(bars.size(), 5U);
  EXPECT_THAT(Bars(Histogram()), IsEmpty());
}

TEST(ProgressLineTest, IsOneLineThatFits) {
  const Plan plan{.calls = 1000};
  const Recorder::Progress progress{
      .sent = 360, .ended = 350, .errors = 1, .p99 = milliseconds(12), .seconds = 7};
  EXPECT_EQ(ProgressLine(progress, plan, 0),
            "[#######.............]  35 %  350 calls, 1 error, p99 12.0 ms, 50/s");
  EXPECT_EQ(Columns(ProgressLine(progress, plan, 30)), 30U);
}

TEST(ProgressBarTest, IsSilentWithoutATerminal) {
  std::istringstream in;
  std::ostringstream out;
  Terminal terminal{.in = in, .out = out, .err = out, .environment = [](const std::string&) {
                      return std::optional<std::string>();
                    }};
  const Plan plan{.calls = 1};
  const Recorder recorder(plan, kStart, base::WallTime());
  { const ProgressBar bar(recorder, plan, terminal); }
  EXPECT_EQ(out.str(), "");
  terminal.err_is_tty = true;
  { const ProgressBar bar(recorder, plan, terminal); }
  EXPECT_EQ(out.str(), "\r\x1b[K") << "cleared at the end";
}

}  // namespace
}  // namespace trellis::cli::load
