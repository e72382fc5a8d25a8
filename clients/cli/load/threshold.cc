#include "clients/cli/load/threshold.h"

#include <charconv>
#include <cmath>

#include "clients/cli/load/figures.h"

namespace trellis::cli::load {
namespace {

absl::Status Wrong(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// Reads a number that begins `text`, without a sign, and takes it off. False when there is none.
bool TakeNumber(std::string_view* text, double* number) {
  if (text->empty() || (*text)[0] < '0' || (*text)[0] > '9') return false;
  const char* const last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, *number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(*number)) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

// Microseconds in one of it; 0 when it is no unit.
double UnitOf(std::string_view unit) {
  if (unit == "us") return 1;
  if (unit == "ms") return 1e3;
  if (unit == "s") return 1e6;
  if (unit == "m") return 60e6;
  return 0;
}

}  // namespace

absl::StatusOr<Threshold> Threshold::Parse(std::string_view text) {
  Threshold threshold;
  for (const char c : text) {
    if (c != ' ') threshold.text_ += c;
  }
  const std::string_view all = threshold.text_;
  const size_t sign = all.find_first_of("<>");
  if (sign == std::string_view::npos) return Wrong("there is no <, <=, > or >= in it");
  threshold.less_ = all[sign] == '<';
  threshold.equal_ = sign + 1 < all.size() && all[sign + 1] == '=';
  if (absl::Status s = threshold.ReadMetric(all.substr(0, sign)); !s.ok()) return s;
  const size_t value = sign + (threshold.equal_ ? 2 : 1);
  if (absl::Status s = threshold.ReadValue(all.substr(value)); !s.ok()) return s;
  return threshold;
}

absl::Status Threshold::ReadMetric(std::string_view name) {
  std::string_view rest = name.substr(name.empty() ? 0 : 1);
  if (name == "max") {
    percent_ = 100;
  } else if (name == "mean") {
    metric_ = Metric::kMean;
  } else if (name == "errors") {
    metric_ = Metric::kErrorCount;
  } else if (name == "rate") {
    metric_ = Metric::kRate;
  } else if (!name.starts_with('p') || !TakeNumber(&rest, &percent_) || !rest.empty()) {
    return Wrong("'" + std::string(name) +
                 "' is none of p50, p99.9 and the like, max, mean, "
                 "errors and rate");
  } else if (percent_ <= 0 || percent_ > 100) {
    return Wrong("'" + std::string(name) + "': a percentile is above 0 and at most 100");
  }
  return absl::OkStatus();
}

absl::Status Threshold::ReadValue(std::string_view value) {
  std::string_view unit = value;
  if (!TakeNumber(&unit, &value_)) return Wrong("'" + std::string(value) + "' is not a number");
  switch (metric_) {
    case Metric::kPercentile:
    case Metric::kMean:
      if (UnitOf(unit) == 0) {
        return Wrong("'" + std::string(value) + "' needs a unit: us, ms, s or m");
      }
      value_ *= UnitOf(unit);
      return absl::OkStatus();
    case Metric::kErrorCount:
    case Metric::kErrorShare:
      if (unit == "%") metric_ = Metric::kErrorShare;
      if (unit == "%" || unit.empty()) return absl::OkStatus();
      return Wrong("'" + std::string(value) + "': errors are a number or a number and %");
    case Metric::kRate:
      if (unit.empty() || unit == "/s") return absl::OkStatus();
      return Wrong("'" + std::string(value) + "': rate is a number, of calls a second");
  }
  return absl::OkStatus();
}

double Threshold::Measure(const Results& results) const {
  switch (metric_) {
    case Metric::kPercentile:
      return static_cast<double>(results.latency.Percentile(percent_).count());
    case Metric::kMean:
      return results.latency.Mean();
    case Metric::kErrorShare:
      return 100 * results.ErrorShare();
    case Metric::kErrorCount:
      return static_cast<double>(results.Errors());
    case Metric::kRate:
      return results.OkRate();
  }
  return 0;
}

Threshold::Verdict Threshold::Judge(const Results& results) const {
  const double measured = Measure(results);
  Verdict verdict;
  // Nothing measured keeps to nothing.
  verdict.met = results.latency.count() > 0 &&
                ((equal_ && measured == value_) || (less_ ? measured < value_ : measured > value_));
  switch (metric_) {
    case Metric::kPercentile:
    case Metric::kMean:
      verdict.actual = FormatLatency(measured);
      break;
    case Metric::kErrorShare:
      verdict.actual = FormatNumber(measured) + " %";
      break;
    case Metric::kErrorCount:
      verdict.actual = std::to_string(results.Errors());
      break;
    case Metric::kRate:
      verdict.actual = FormatRate(measured);
      break;
  }
  if (results.latency.count() == 0) verdict.actual = "no calls";
  return verdict;
}

}  // namespace trellis::cli::load
