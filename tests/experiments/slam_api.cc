#include "tests/experiments/experiment.h"
#include "tests/support/stack.h"

namespace trellis::experiments {
namespace {

using testing::Ledger;
using testing::Load;
using testing::Stack;

// A burst of requests from many clients at a time.
class SlamApi final : public Experiment {
 public:
  std::string name() const override { return "slam-api"; }
  std::string summary() const override {
    return "a burst of requests from many clients: which statuses come back?";
  }
  void AddTo(base::OptionTable& table) override {
    table.Add("requests", "REQUESTS", &requests_, 1, 1'000'000, "how many are sent");
    table.Add("concurrency", "CONCURRENCY", &concurrency_, 1, 1000, "clients at a time");
  }

  Outcome Run() override {
    Stack stack;
    Ledger ledger;
    Load load(ledger, {.http_port = stack.http_port(),
                       .threads = concurrency_,
                       .total = requests_,
                       .pause = milliseconds(0)});
    const auto start = std::chrono::steady_clock::now();
    load.Start();
    load.Wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    JsonObject statuses;
    for (const auto& [status, count] : load.statuses()) {
      statuses.Add(status == 0 ? "none" : std::to_string(status), count);
      Progress((status == 0 ? "no answer" : "status " + std::to_string(status)) + ": " +
               std::to_string(count));
    }
    if (!stack.AwaitDrained(milliseconds(60'000))) {
      throw std::runtime_error("the queue does not drain");
    }
    const Verdict verdict = ledger.Judge(stack.Output());

    Outcome outcome;
    outcome.parameters.Add("requests", requests_).Add("concurrency", concurrency_);
    outcome.results = ToJson(verdict);
    outcome.results.Add("statuses", statuses)
        .Add("seconds", took.count())
        .Add("requests_per_second", requests_ / took.count())
        .Add("enqueue_latency_ms", LatenciesToJson(load.latencies()));
    outcome.passed = verdict.Good() && verdict.acknowledged == requests_;
    outcome.verdict = std::to_string(verdict.acknowledged) + " of " + std::to_string(requests_) +
                      " answered with 200, " + std::to_string(verdict.processed) + " processed";
    return outcome;
  }

 private:
  int requests_ = 1000;
  int concurrency_ = 100;
};

}  // namespace

std::unique_ptr<Experiment> MakeSlamApi() { return std::make_unique<SlamApi>(); }

}  // namespace trellis::experiments
