#include "tests/experiments/experiment.h"

#include <iostream>

namespace trellis::experiments {

using testing::Percentile;

void Progress(const std::string& text) { std::cout << "  " << text << std::endl; }

JsonObject ToJson(const Verdict& verdict) {
  JsonObject json;
  json.Add("attempted", verdict.attempted)
      .Add("acknowledged", verdict.acknowledged)
      .Add("processed", verdict.processed)
      .Add("lost", verdict.lost)
      .Add("duplicated", verdict.duplicated)
      .Add("unexpected", verdict.unexpected)
      .Add("recovered", verdict.recovered);
  return json;
}

JsonObject LatenciesToJson(const std::vector<double>& latencies) {
  JsonObject json;
  json.Add("count", static_cast<int64_t>(latencies.size()))
      .Add("p50", Percentile(latencies, 0.5))
      .Add("p90", Percentile(latencies, 0.9))
      .Add("p99", Percentile(latencies, 0.99))
      .Add("max", Percentile(latencies, 1));
  return json;
}

}  // namespace trellis::experiments
