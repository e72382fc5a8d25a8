#include "clients/cli/duration.h"
#include "clients/cli/load/figures.h"
#include "clients/cli/load/report.h"
#include "mesh/base/json_string.h"

namespace trellis::cli::load {
namespace {

std::string Quoted(const std::string& text) {
  std::string json;
  base::AppendJsonString(text, &json);
  return json;
}

std::string Bool(bool value) { return value ? "true" : "false"; }

std::string Ms(double us) { return FormatNumber(us / 1e3); }
std::string Ms(microseconds latency) { return Ms(static_cast<double>(latency.count())); }

// What the elements of an array or object are put into, with commas.
class Joined {
 public:
  void Add(const std::string& element) { text_ += (text_.empty() ? "" : ",") + element; }
  void Add(const std::string& name, const std::string& value) { Add(Quoted(name) + ":" + value); }
  [[nodiscard]] std::string Array() const { return "[" + text_ + "]"; }
  [[nodiscard]] std::string Object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string Latency(const Histogram& histogram) {
  Joined json;
  json.Add("samples", std::to_string(histogram.count()));
  json.Add("minMs", Ms(histogram.min()));
  json.Add("meanMs", Ms(histogram.Mean()));
  json.Add("maxMs", Ms(histogram.max()));
  Joined percentiles;
  for (const PercentileRow& row : Percentiles(histogram)) {
    if (row.percent == 100) continue;
    Joined entry;
    entry.Add("ms", Ms(row.latency));
    entry.Add("samples", std::to_string(row.samples));
    percentiles.Add(row.name, entry.Object());
  }
  json.Add("percentiles", percentiles.Object());
  return json.Object();
}

std::string Buckets(const Histogram& histogram) {
  Joined json;
  for (const Histogram::Bucket& bucket : histogram.Buckets()) {
    Joined entry;
    entry.Add("upToMs", Ms(bucket.last));
    entry.Add("calls", std::to_string(bucket.count));
    json.Add(entry.Object());
  }
  return json.Array();
}

std::string Times(const Timeline& timeline) {
  Joined json;
  const double width = static_cast<double>(timeline.width().count()) / 1e3;
  for (size_t i = 0; i < timeline.slots().size(); ++i) {
    const Timeline::Slot& slot = timeline.slots()[i];
    Joined entry;
    entry.Add("atSeconds", FormatNumber(static_cast<double>(i) * width));
    entry.Add("calls", std::to_string(slot.latency.count()));
    entry.Add("errors", std::to_string(slot.errors));
    entry.Add("p50Ms", Ms(slot.latency.Percentile(50)));
    entry.Add("p99Ms", Ms(slot.latency.Percentile(99)));
    entry.Add("maxMs", Ms(slot.latency.max()));
    json.Add(entry.Object());
  }
  return json.Array();
}

std::string PlanOf(const Plan& plan) {
  Joined json;
  json.Add("loop", plan.open ? "\"open\"" : "\"closed\"");
  json.Add("calls", std::to_string(plan.calls));
  json.Add("maxInFlight", std::to_string(plan.limit));
  json.Add("timeoutMs", std::to_string(plan.timeout.count()));
  if (plan.open) {
    json.Add("rate", FormatNumber(plan.rate));
    json.Add("seconds", FormatNumber(plan.Seconds()));
  }
  return json.Object();
}

std::string Codes(const Results& results) {
  Joined json;
  for (const auto& [name, code] : results.codes) {
    Joined entry;
    entry.Add("calls", std::to_string(code.calls));
    entry.Add("firstMessage", Quoted(code.message));
    json.Add(name, entry.Object());
  }
  return json.Object();
}

std::string Thresholds(const Report& report) {
  Joined json;
  for (const Report::Judged& judged : report.thresholds) {
    Joined entry;
    entry.Add("threshold", Quoted(judged.threshold));
    entry.Add("measured", Quoted(judged.actual));
    entry.Add("met", Bool(judged.met));
    json.Add(entry.Object());
  }
  return json.Array();
}

std::string Sends(const Results& results) {
  Joined json;
  json.Add("sent", std::to_string(results.sent));
  json.Add("notSent", std::to_string(results.CallsOf(kNotSent)));
  json.Add("late", std::to_string(results.late));
  json.Add("lateForMaxInFlight", std::to_string(results.held));
  json.Add("latestMs", Ms(results.latest));
  json.Add("mostInFlight", std::to_string(results.most_in_flight));
  return json.Object();
}

}  // namespace

std::string JsonReport(const Report& report) {
  const Results& results = report.results;
  Joined json;
  json.Add("target", Quoted(report.target));
  json.Add("method", Quoted(report.method));
  json.Add("address", Quoted(report.address));
  json.Add("seed", std::to_string(report.seed));
  json.Add("startedAt", Quoted(FormatTime(results.started)));
  json.Add("plan", PlanOf(results.plan));
  json.Add("interrupted", Bool(results.interrupted));
  json.Add("seconds", FormatNumber(results.seconds));
  json.Add("calls", std::to_string(results.Calls()));
  json.Add("ok", std::to_string(results.CallsOf("OK")));
  json.Add("errors", std::to_string(results.Errors()));
  json.Add("sentPerSecond", FormatNumber(results.SentRate()));
  json.Add("okPerSecond", FormatNumber(results.OkRate()));
  json.Add("sends", Sends(results));
  json.Add("latency", Latency(results.latency));
  json.Add("okLatency", Latency(results.ok_latency));
  json.Add("codes", Codes(results));
  json.Add("thresholds", Thresholds(report));
  json.Add("thresholdsMet", Bool(report.ThresholdsMet()));
  Joined warnings;
  for (const std::string& warning : Warnings(results)) warnings.Add(Quoted(warning));
  json.Add("warnings", warnings.Array());
  json.Add("timeline", Times(results.timeline));
  json.Add("histogram", Buckets(results.latency));
  return json.Object() + "\n";
}

}  // namespace trellis::cli::load
