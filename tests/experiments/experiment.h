#ifndef TESTS_EXPERIMENTS_EXPERIMENT_H_
#define TESTS_EXPERIMENTS_EXPERIMENT_H_

#include <memory>
#include <string>
#include <vector>

#include "mesh/base/options.h"
#include "tests/experiments/json_object.h"
#include "tests/support/ledger.h"
#include "tests/support/load.h"

namespace trellis::experiments {

using base::milliseconds;
using testing::Verdict;

// What an experiment found out.
struct Outcome {
  bool passed = false;
  std::string verdict;  // one sentence
  JsonObject parameters;
  JsonObject results;
};

// One of the seed's experiments, on a stack of its own that nobody else sees.
class Experiment {
 public:
  virtual ~Experiment() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  // One line for `help`.
  [[nodiscard]] virtual std::string summary() const = 0;
  virtual void AddTo(base::OptionTable& table) = 0;
  // Blocks. Throws std::runtime_error when it cannot be carried out.
  virtual Outcome Run() = 0;
};

[[nodiscard]] std::unique_ptr<Experiment> MakeKillInflight();
[[nodiscard]] std::unique_ptr<Experiment> MakeScaleWorkers();
[[nodiscard]] std::unique_ptr<Experiment> MakeSlamApi();
[[nodiscard]] std::unique_ptr<Experiment> MakeRestartPersistence();

// A line that says what is being done.
void Progress(const std::string& text);

[[nodiscard]] JsonObject ToJson(const Verdict& verdict);
// {"count", "p50", "p90", "p99", "max"}, in milliseconds.
[[nodiscard]] JsonObject LatenciesToJson(const std::vector<double>& latencies);

}  // namespace trellis::experiments

#endif  // TESTS_EXPERIMENTS_EXPERIMENT_H_
