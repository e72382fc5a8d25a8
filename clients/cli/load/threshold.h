#ifndef CLIENTS_CLI_LOAD_THRESHOLD_H_
#define CLIENTS_CLI_LOAD_THRESHOLD_H_

#include <string>
#include <string_view>

#include "clients/cli/load/results.h"
#include "mesh/base/status.h"

namespace trellis::cli::load {

inline constexpr char kThresholdForm[] =
    "a threshold such as p99<50ms, max<=1s, mean<5ms, errors<1%, errors<=3 or rate>100";

// What a run has to keep to. A value.
class Threshold {
 public:
  // A metric, one of < <= > >=, and a number with the metric's unit: p<percent>, max and mean take
  // us, ms, s or m; errors (calls without an OK) takes % of all calls, or none for their number;
  // rate (OK answers a second) takes none. INVALID_ARGUMENT says what is wrong.
  [[nodiscard]] static absl::StatusOr<Threshold> Parse(std::string_view text);

  struct Verdict {
    bool met = false;
    std::string actual;  // "61.4 ms"
  };
  [[nodiscard]] Verdict Judge(const Results& results) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  enum class Metric { kPercentile, kMean, kErrorShare, kErrorCount, kRate };

  [[nodiscard]] absl::Status ReadMetric(std::string_view name);
  [[nodiscard]] absl::Status ReadValue(std::string_view value);
  [[nodiscard]] double Measure(const Results& results) const;

  std::string text_;
  Metric metric_ = Metric::kPercentile;
  double percent_ = 0;  // of a percentile
  bool less_ = true;    // than the value; false: more
  bool equal_ = false;  // is allowed
  double value_ = 0;    // microseconds, percent, a count, or a second
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_THRESHOLD_H_
