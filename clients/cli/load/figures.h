#ifndef CLIENTS_CLI_LOAD_FIGURES_H_
#define CLIENTS_CLI_LOAD_FIGURES_H_

#include <array>
#include <string>
#include <vector>

#include "clients/cli/load/results.h"

// Numbers for people, and the rows that all reports show. Thread-safe.
namespace trellis::cli::load {

// Three digits and a unit: "0.245 ms", "61.4 ms", "1.25 s".
[[nodiscard]] std::string FormatLatency(double microseconds);
[[nodiscard]] std::string FormatLatency(microseconds latency);
// At most three digits behind the point, and no zeros at the end: "0.5", "199.98".
[[nodiscard]] std::string FormatNumber(double number);
// "4999.9/s"
[[nodiscard]] std::string FormatRate(double rate);
// Of a share of 1; few are never shown as none, nor nearly all as all.
[[nodiscard]] std::string FormatPercent(double share);
// "1 call", "2 calls"
[[nodiscard]] std::string Counted(int64_t n, const std::string& what);

struct PercentileRow {
  std::string name;  // "p99.9", "max"
  double percent = 0;
  microseconds latency{0};
  int64_t samples = 0;  // that it stands on
};
// p50, p90, p95, p99, p99.9 and max.
[[nodiscard]] std::vector<PercentileRow> Percentiles(const Histogram& histogram);

// Calls by latency for a chart: bars of six widths to a power of ten, from the least to the
// greatest, those without calls included.
struct Bar {
  double from_us = 0;
  double to_us = 0;
  int64_t calls = 0;
};
[[nodiscard]] std::vector<Bar> Bars(const Histogram& histogram);

// What a reader has to know before believing the figures, each a sentence: calls that were not
// sent, sends that were late and why, percentiles that stand on few samples.
[[nodiscard]] std::vector<std::string> Warnings(const Results& results);

// "open loop, 200/s for 4 s" or "closed loop, 8 in flight".
[[nodiscard]] std::string DescribePlan(const Plan& plan);

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_FIGURES_H_
