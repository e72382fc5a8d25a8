#include <algorithm>

#include "clients/cli/duration.h"
#include "clients/cli/load/chart.h"
#include "clients/cli/load/figures.h"
#include "clients/cli/load/report.h"

namespace trellis::cli::load {
namespace {

constexpr char kStyle[] = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2125; --soft: #5c6670; --rule: #dde1e6;
  --p50: #0b6bcb; --p99: #c4540a; --max: #8a3ffc; --bar: #0b6bcb; --good: #11703c; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #e6e9ec; --soft: #9aa4af; --rule: #2f363d; --p50: #6cb2ff;
    --p99: #ffa657; --max: #c8a2ff; --bar: #6cb2ff; --good: #5fd38d; --bad: #ff8a80; } }
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p.about, summary, .legend { color: var(--soft); } p.about { margin: 0 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; } .number { text-align: right; } td { overflow-wrap: anywhere; }
details { margin: .5rem 0; overflow-x: auto; } summary { cursor: pointer; }
svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--rule); } .bar { fill: var(--bar); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.line.p50 { stroke: var(--p50); } .line.p99 { stroke: var(--p99); stroke-dasharray: 7 3; }
.line.max { stroke: var(--max); stroke-dasharray: 2 4; }
.legend span { margin-right: 1.2rem; }
.key { display: inline-block; width: 1.4rem; border-top: 3px solid; margin-right: .4rem;
  vertical-align: middle; }
.key.p50 { border-color: var(--p50); } .key.p99 { border-color: var(--p99); border-style: dashed; }
.key.max { border-color: var(--max); border-style: dotted; }
.warning { border-left: 4px solid var(--bad); padding: .2rem .8rem; margin: .4rem 0; }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
)css";

double Ms(microseconds latency) { return static_cast<double>(latency.count()) / 1e3; }

// Of a bar, which is a round number: "0.3 ms".
std::string Edge(double us) {
  return us < 1e6 ? FormatNumber(us / 1e3) + " ms" : FormatNumber(us / 1e6) + " s";
}

HtmlTable SummaryTable(const Report& report) {
  const Results& results = report.results;
  HtmlTable table{
      {"Calls", "OK", "Errors", "Seconds", "Sent", "Answered OK", "Most in flight", "Mean"},
      {},
      false};
  table.rows.push_back(
      {std::to_string(results.Calls()) + " of " + std::to_string(results.plan.calls),
       std::to_string(results.CallsOf("OK")), std::to_string(results.Errors()),
       FormatNumber(results.seconds), FormatRate(results.SentRate()), FormatRate(results.OkRate()),
       std::to_string(results.most_in_flight), FormatLatency(results.latency.Mean())});
  return table;
}

std::string ThresholdSection(const Report& report) {
  if (report.thresholds.empty()) return "";
  HtmlTable table{{"Threshold", "Measured", "Met"}, {}, true};
  for (const Report::Judged& judged : report.thresholds) {
    table.rows.push_back({judged.threshold, judged.actual, judged.met ? "yes" : "no"});
  }
  const bool met = report.ThresholdsMet();
  return std::string("<h2>Thresholds</h2>\n<p class=\"verdict ") + (met ? "good" : "bad") + "\">" +
         (met ? "All are met." : "Not all are met.") + "</p>\n" + RenderHtml(table);
}

std::string PercentileSection(const Results& results) {
  HtmlTable table{{"Percentile", "All calls", "Samples", "OK only", "OK samples"}, {}, false};
  const auto all = Percentiles(results.latency);
  const auto ok = Percentiles(results.ok_latency);
  for (size_t i = 0; i < all.size(); ++i) {
    table.rows.push_back(
        {all[i].name, FormatLatency(all[i].latency), std::to_string(all[i].samples),
         ok[i].samples > 0 ? FormatLatency(ok[i].latency) : "-", std::to_string(ok[i].samples)});
  }
  return "<h2>Latency</h2>\n<p class=\"about\">Samples: how many calls a percentile stands "
         "on.</p>\n" +
         RenderHtml(table);
}

std::string TimeSection(const Timeline& timeline) {
  std::vector<double> seconds;
  std::vector<Line> lines{{"p50", "p50", {}}, {"p99", "p99", {}}, {"max", "max", {}}};
  HtmlTable table{{"From second", "Calls", "Errors", "p50", "p99", "max"}, {}, false};
  for (size_t i = 0; i < timeline.slots().size(); ++i) {
    const Timeline::Slot& slot = timeline.slots()[i];
    const Histogram& latency = slot.latency;
    const bool none = latency.count() == 0;
    seconds.push_back(static_cast<double>(i) * Ms(timeline.width()) / 1e3);
    lines[0].values.push_back(none ? -1 : Ms(latency.Percentile(50)));
    lines[1].values.push_back(none ? -1 : Ms(latency.Percentile(99)));
    lines[2].values.push_back(none ? -1 : Ms(latency.max()));
    table.rows.push_back({FormatNumber(seconds.back()), std::to_string(latency.count()),
                          std::to_string(slot.errors), FormatLatency(latency.Percentile(50)),
                          FormatLatency(latency.Percentile(99)), FormatLatency(latency.max())});
  }
  const std::string width = FormatDuration(timeline.width());
  return "<h2>Latency over time</h2>\n<p class=\"about\">Of the calls that were due in each " +
         width + "; the axis is logarithmic.</p>\n" +
         LineChart("Latency over time: p50, p99 and max of each " + width, seconds, lines) +
         AsTable(table);
}

std::string HistogramSection(const Histogram& latency) {
  std::vector<Column> columns;
  HtmlTable table{{"Latency", "Calls"}, {}, false};
  for (const Bar& bar : Bars(latency)) {
    const std::string range = Edge(bar.from_us) + " to " + Edge(bar.to_us);
    columns.push_back({Edge(bar.to_us), range + ": " + std::to_string(bar.calls),
                       static_cast<double>(bar.calls)});
    table.rows.push_back({range, std::to_string(bar.calls)});
  }
  return "<h2>Histogram</h2>\n" + ColumnChart("Calls by latency", "latency up to", columns) +
         AsTable(table);
}

std::string CodeSection(const Results& results) {
  std::vector<Column> columns;
  HtmlTable table{{"Status", "Calls", "Share", "First message"}, {}, true};
  for (const auto& [name, code] : results.codes) {
    const double share = static_cast<double>(code.calls) / static_cast<double>(results.Calls());
    columns.push_back(
        {name, name + ": " + std::to_string(code.calls), static_cast<double>(code.calls)});
    table.rows.push_back({name, std::to_string(code.calls), FormatPercent(share), code.message});
  }
  return "<h2>Status codes</h2>\n" + ColumnChart("Calls by status code", "status code", columns) +
         AsTable(table);
}

}  // namespace

std::string HtmlReport(const Report& report) {
  const Results& results = report.results;
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      Escaped("Load on " + report.target + ", " + FormatTime(results.started)) +
      "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" +
      Escaped("Load on " + report.target) + "</h1>\n<p class=\"about\">" +
      Escaped(report.method + " at " + report.address + ", " + FormatTime(results.started)) +
      "<br>" +
      Escaped(DescribePlan(results.plan) + "; timeout " + FormatDuration(results.plan.timeout) +
              ", seed " + std::to_string(report.seed)) +
      "</p>\n";
  for (const std::string& warning : Warnings(results)) {
    html += "<p class=\"warning\">" + Escaped(warning) + "</p>\n";
  }
  html += RenderHtml(SummaryTable(report)) + ThresholdSection(report);
  html += PercentileSection(results) + TimeSection(results.timeline);
  html += HistogramSection(results.latency) + CodeSection(results);
  return html + "</body>\n</html>\n";
}

}  // namespace trellis::cli::load
