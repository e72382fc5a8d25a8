#include <algorithm>

#include "clients/cli/load/figures.h"
#include "clients/cli/load/report.h"
#include "clients/cli/table.h"

namespace trellis::cli::load {
namespace {

std::string Share(int64_t part, int64_t all) {
  return FormatPercent(all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all));
}

std::string Summary(const Report& report) {
  const Results& results = report.results;
  const int64_t ok = results.CallsOf("OK");
  std::vector<std::pair<std::string, std::string>> fields;
  fields.emplace_back("calls", std::to_string(results.Calls()) + " of " +
                                   std::to_string(results.plan.calls) + " in " +
                                   FormatNumber(results.seconds) + " s, seed " +
                                   std::to_string(report.seed));
  fields.emplace_back("answers", std::to_string(ok) + " OK (" + Share(ok, results.Calls()) + "), " +
                                     Counted(results.Errors(), "error"));
  const std::string asked =
      results.plan.open ? FormatRate(results.plan.rate) + " asked, " : std::string();
  fields.emplace_back("rate", asked + FormatRate(results.SentRate()) + " sent, " +
                                  FormatRate(results.OkRate()) + " answered OK");
  fields.emplace_back("in flight", "at most " + std::to_string(results.most_in_flight));
  fields.emplace_back("mean", FormatLatency(results.latency.Mean()));
  return RenderFields(fields);
}

std::string Latencies(const Results& results, const Terminal& terminal) {
  // Quick refusals would make a bad run look good, so OK answers are shown apart from all.
  const bool apart = results.Errors() > 0 && results.CallsOf("OK") > 0;
  std::vector<Table::Column> columns{{"LATENCY"}, {"ALL", true}, {"SAMPLES", true}};
  if (apart) columns.insert(columns.end(), {{"OK", true}, {"OK SAMPLES", true}});
  Table table(std::move(columns));
  const auto all = Percentiles(results.latency);
  const auto ok = Percentiles(results.ok_latency);
  for (size_t i = 0; i < all.size(); ++i) {
    std::vector<std::string> row{all[i].name, FormatLatency(all[i].latency),
                                 std::to_string(all[i].samples)};
    if (apart) {
      row.push_back(FormatLatency(ok[i].latency));
      row.push_back(std::to_string(ok[i].samples));
    }
    table.Add(std::move(row));
  }
  return table.Render(terminal);
}

std::string Codes(const Results& results, const Terminal& terminal) {
  const bool messages = results.Errors() > 0;
  std::vector<Table::Column> columns{{"STATUS"}, {"CALLS", true}, {"SHARE", true}};
  if (messages) columns.push_back({"FIRST MESSAGE"});
  Table table(std::move(columns));
  std::vector<std::pair<std::string, Results::Code>> codes(results.codes.begin(),
                                                           results.codes.end());
  std::stable_sort(codes.begin(), codes.end(),
                   [](const auto& a, const auto& b) { return a.second.calls > b.second.calls; });
  for (const auto& [name, code] : codes) {
    std::vector<std::string> row{name, std::to_string(code.calls),
                                 Share(code.calls, results.Calls())};
    if (messages) row.push_back(code.message);
    table.Add(std::move(row));
  }
  return table.Render(terminal);
}

}  // namespace

bool Report::ThresholdsMet() const {
  return std::all_of(thresholds.begin(), thresholds.end(),
                     [](const Judged& judged) { return judged.met; });
}

std::string TextReport(const Report& report, const Terminal& terminal) {
  const Results& results = report.results;
  std::string text = report.method + " at " + report.address + "\n" + DescribePlan(results.plan) +
                     "\n\n" + Summary(report) + "\n" + Latencies(results, terminal) + "\n" +
                     Codes(results, terminal);
  if (!report.thresholds.empty()) {
    Table table({{"THRESHOLD"}, {"MEASURED", true}, {"MET"}});
    for (const Report::Judged& judged : report.thresholds) {
      table.Add({judged.threshold, judged.actual, judged.met ? "yes" : "NO"});
    }
    text += "\n" + table.Render(terminal);
  }
  const std::vector<std::string> warnings = Warnings(results);
  if (!warnings.empty()) text += "\n";
  for (const std::string& warning : warnings) text += warning + "\n";
  return text;
}

}  // namespace trellis::cli::load
