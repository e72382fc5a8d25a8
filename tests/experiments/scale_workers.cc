#include <algorithm>
#include <cmath>

#include "tests/experiments/experiment.h"
#include "tests/support/stack.h"

namespace trellis::experiments {
namespace {

using testing::Ledger;
using testing::Load;
using testing::Stack;
using testing::WaitUntil;

constexpr char kCompleted[] = R"(trellis_worker_jobs_total{event="completed"})";
// Below this part of an even share a worker counts as idle.
constexpr double kLeastPart = 0.3;

// Several workers compete for the messages of one queue.
class ScaleWorkers final : public Experiment {
 public:
  std::string name() const override { return "scale-workers"; }
  std::string summary() const override {
    return "several workers on one queue: how do they share the work?";
  }
  void AddTo(base::OptionTable& table) override {
    table.Add("messages", "MESSAGES", &messages_, 1, 100'000, "how many are sent");
    table.Add("workers", "WORKERS", &workers_, 1, 32, "how many compete for them");
    table.Add("concurrency", "WORKER_CONCURRENCY", &concurrency_, 1, 10'000,
              "messages that a worker runs at a time");
    table.Add("processing-delay", "PROCESSING_DELAY_MS", &delay_, "time that a message takes");
  }

  Outcome Run() override {
    Stack stack({.workers = workers_,
                 .worker = {{"WORKER_CONCURRENCY", std::to_string(concurrency_)},
                            {"PROCESSING_DELAY_MS", std::to_string(delay_.count()) + "ms"}}});
    Ledger ledger;
    Load load(ledger, {.http_port = stack.http_port(),
                       .threads = 80,
                       .total = messages_,
                       .pause = milliseconds(0),
                       .prefix = "scale-worker-"});
    const auto start = std::chrono::steady_clock::now();
    load.Start();
    load.Wait();
    if (!stack.AwaitDrained(milliseconds(60'000))) {
      throw std::runtime_error("the queue does not drain");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const Verdict verdict = ledger.Judge(stack.Output());

    Outcome outcome;
    outcome.parameters.Add("messages", messages_)
        .Add("workers", workers_)
        .Add("concurrency", concurrency_)
        .Add("processing_delay_ms", delay_.count());
    JsonObject shares;
    const std::vector<int> counts = AwaitCounts(stack);
    for (size_t i = 0; i < counts.size(); ++i) {
      shares.Add(stack.worker(i).name(), counts[i]);
      Progress(stack.worker(i).name() + " did " + std::to_string(counts[i]));
    }
    outcome.results = ToJson(verdict);
    outcome.results.Add("shares", shares)
        .Add("seconds", took.count())
        .Add("enqueue_latency_ms", LatenciesToJson(load.latencies()));
    const int least = *std::min_element(counts.begin(), counts.end());
    const bool fair = least >= kLeastPart * messages_ / workers_;
    outcome.passed = verdict.Good() && verdict.processed == messages_ && fair;
    outcome.verdict = std::to_string(verdict.processed) + " of " + std::to_string(messages_) +
                      " processed by " + std::to_string(workers_) + " workers, at least " +
                      std::to_string(least) + " by each";
    return outcome;
  }

 private:
  // A worker counts a job a moment after Redis has forgotten it.
  std::vector<int> AwaitCounts(Stack& stack) const {
    std::vector<int> counts(stack.workers());
    (void)WaitUntil([&] {
      int sum = 0;
      for (size_t i = 0; i < counts.size(); ++i) {
        const double completed = stack.worker(i).Metric(kCompleted);
        if (std::isnan(completed)) return false;
        sum += counts[i] = static_cast<int>(completed);
      }
      return sum >= messages_;
    });
    return counts;
  }

  int messages_ = 300;
  int workers_ = 3;
  int concurrency_ = 5;
  milliseconds delay_{20};
};

}  // namespace

std::unique_ptr<Experiment> MakeScaleWorkers() { return std::make_unique<ScaleWorkers>(); }

}  // namespace trellis::experiments
