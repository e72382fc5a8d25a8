#include "clients/cli/load/figures.h"

#include <cmath>
#include <cstdio>

namespace trellis::cli::load {
namespace {

constexpr int64_t kFewSamples = 10;

std::string Fixed(double number, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return {text.data(), static_cast<size_t>(size)};
}

std::string ThreeDigits(double number) {
  return Fixed(number, number < 1 ? 3 : number < 10 ? 2 : number < 100 ? 1 : 0);
}

std::string Calls(int64_t n) { return Counted(n, "call"); }

// 1, 1.5, 2, 3, 5, 7, 10, 15, ...
double NextEdge(double edge) {
  constexpr std::array<double, 7> kSteps{1, 1.5, 2, 3, 5, 7, 10};
  const double decade = std::pow(10, std::floor(std::log10(edge) + 1e-9));
  for (const double step : kSteps) {
    if (step * decade > edge * (1 + 1e-9)) return step * decade;
  }
  return decade * 15;
}

std::string LateSends(const Results& results) {
  std::string text = "Sent more than " + std::to_string(Results::kLate.count()) +
                     " ms after the time due: " + Calls(results.late) + ", the latest by " +
                     FormatLatency(results.latest);
  const int64_t own = results.late - results.held;
  if (results.held > 0) {
    text += "; " + std::to_string(results.held) + " because " + std::to_string(results.plan.limit) +
            " were in flight (--max-in-flight)";
  }
  if (own > 0) {
    text += "; " + std::to_string(own) + " because this machine did not keep up with sending";
  }
  return text + ". Their latency counts from the time due.";
}

}  // namespace

std::string Counted(int64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string FormatLatency(double us) {
  return us < 1e6 ? ThreeDigits(us / 1e3) + " ms" : ThreeDigits(us / 1e6) + " s";
}

std::string FormatLatency(microseconds latency) {
  return FormatLatency(static_cast<double>(latency.count()));
}

std::string FormatNumber(double number) {
  std::string text = Fixed(number, 3);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string FormatRate(double rate) {
  return FormatNumber(rate < 10 ? rate : std::round(rate * 10) / 10) + "/s";
}

std::string FormatPercent(double share) {
  // A few errors of many must not read as none, nor all but a few as all.
  if (share > 0 && share < 1e-4) return "<0.01 %";
  if (share < 1 && share > 0.9999) return ">99.99 %";
  return Fixed(share * 100, share == 0 || share == 1 ? 0 : 2) + " %";
}

std::vector<PercentileRow> Percentiles(const Histogram& histogram) {
  std::vector<PercentileRow> rows{
      {.name = "p50", .percent = 50},     {.name = "p90", .percent = 90},
      {.name = "p95", .percent = 95},     {.name = "p99", .percent = 99},
      {.name = "p99.9", .percent = 99.9}, {.name = "max", .percent = 100}};
  for (PercentileRow& row : rows) {
    row.latency = histogram.Percentile(row.percent);
    row.samples = histogram.SamplesFrom(row.percent);
  }
  return rows;
}

std::vector<Bar> Bars(const Histogram& histogram) {
  std::vector<Bar> bars;
  const auto buckets = histogram.Buckets();
  if (buckets.empty()) return bars;
  const double least = std::max(1.0, static_cast<double>(buckets.front().last.count()));
  double from = std::pow(10, std::floor(std::log10(least)));
  while (NextEdge(from) < least) from = NextEdge(from);
  bars.push_back({from, NextEdge(from), 0});
  for (const Histogram::Bucket& bucket : buckets) {
    while (static_cast<double>(bucket.last.count()) > bars.back().to_us) {
      bars.push_back({bars.back().to_us, NextEdge(bars.back().to_us), 0});
    }
    bars.back().calls += bucket.count;
  }
  return bars;
}

std::vector<std::string> Warnings(const Results& results) {
  std::vector<std::string> warnings;
  if (results.interrupted) {
    warnings.push_back("Interrupted after " + std::to_string(results.Calls()) + " of " +
                       Calls(results.plan.calls) + ".");
  }
  if (const int64_t n = results.CallsOf(kNotSent); n > 0) {
    warnings.push_back("Not sent: " + Calls(n) + " of those that were due, since at most " +
                       std::to_string(results.plan.limit) +
                       " may be in flight. They count as errors, with the time that they waited.");
  }
  if (results.late > 0) warnings.push_back(LateSends(results));
  for (const PercentileRow& row : Percentiles(results.latency)) {
    if (row.percent == 100 || row.samples >= kFewSamples || row.samples == 0) continue;
    warnings.push_back("From " + row.name + " on, percentiles stand on fewer than " +
                       std::to_string(kFewSamples) + " of " + Calls(results.Calls()) +
                       ": a longer run makes them firm.");
    break;
  }
  return warnings;
}

std::string DescribePlan(const Plan& plan) {
  if (plan.open) {
    return "open loop: " + FormatRate(plan.rate) + " for " + FormatNumber(plan.Seconds()) +
           " s, latency from the time that a call was due";
  }
  if (plan.limit == 1) return "one call after the other, latency from the sending";
  return std::to_string(plan.limit) + " calls in flight, latency from the sending";
}

}  // namespace trellis::cli::load
