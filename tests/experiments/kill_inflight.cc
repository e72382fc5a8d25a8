#include "tests/experiments/experiment.h"
#include "tests/support/stack.h"

namespace trellis::experiments {
namespace {

using testing::Ledger;
using testing::Load;
using testing::Stack;
using testing::WaitUntil;

// The worker is killed with SIGKILL while it holds messages, in the seed's consume mode and in
// ours.
class KillInflight final : public Experiment {
 public:
  std::string name() const override { return "kill-inflight"; }
  std::string summary() const override {
    return "kill the worker while it holds messages, in both consume modes: what is lost?";
  }
  void AddTo(base::OptionTable& table) override {
    table.Add("messages", "MESSAGES", &messages_, 1, 100'000, "how many are sent");
    table.Add("kills", "KILLS", &kills_, 1, 2, "how often; the third would make jobs dead");
    table.Add("processing-delay", "PROCESSING_DELAY_MS", &delay_,
              "time that a message takes until the last kill; then they take none");
  }

  Outcome Run() override {
    Outcome outcome;
    outcome.parameters.Add("messages", messages_)
        .Add("kills", kills_)
        .Add("processing_delay_ms", delay_.count());
    const Verdict seed = RunMode("brpop", &outcome.results);
    const Verdict ours = RunMode("lease", &outcome.results);
    outcome.passed = seed.lost > 0 && ours.Good() && ours.processed == messages_;
    outcome.verdict = "the seed's way (brpop) lost " + std::to_string(seed.lost) + " of " +
                      std::to_string(messages_) + ", ours (lease) lost " +
                      std::to_string(ours.lost) + " and wrote " + std::to_string(ours.duplicated) +
                      " twice";
    return outcome;
  }

 private:
  Verdict RunMode(const std::string& mode, JsonObject* results) {
    Stack stack({.workers = 0});
    Ledger ledger;
    Load load(ledger, {.http_port = stack.http_port(),
                       .threads = 50,
                       .total = messages_,
                       .pause = milliseconds(0),
                       .prefix = "kill-test-"});
    load.Start();
    load.Wait();
    Progress(mode + ": " + std::to_string(ledger.acknowledged()) + " messages are in line");
    testing::ServerProcess& worker = stack.AddWorker(
        {{"CONSUME_MODE", mode}, {"PROCESSING_DELAY_MS", std::to_string(delay_.count()) + "ms"}});
    int held = 0;
    for (int i = 0; i < kills_; ++i) {
      int in_hand = 0;
      if (!WaitUntil([&] {
            const double shown = worker.Metric("trellis_worker_jobs_in_hand");
            in_hand = shown > 0 ? static_cast<int>(shown) : 0;
            return in_hand > 0;
          })) {
        throw std::runtime_error("the worker takes nothing");
      }
      worker.Kill();
      held += in_hand;
      Progress(mode + ": killed the worker with " + std::to_string(in_hand) + " in hand");
      if (i + 1 == kills_) worker.Set("PROCESSING_DELAY_MS", "0");
      worker.StartAndAwaitReady();
    }
    Finish(mode, stack, ledger);
    const Verdict verdict = ledger.Judge(stack.Output());
    Progress(mode + ": lost " + std::to_string(verdict.lost) + ", duplicated " +
             std::to_string(verdict.duplicated));
    JsonObject result = ToJson(verdict);
    result.Add("in_hand_when_killed", held)
        .Add("enqueue_latency_ms", LatenciesToJson(load.latencies()));
    results->Add(mode, result);
    return verdict;
  }

  static void Finish(const std::string& mode, Stack& stack, Ledger& ledger) {
    constexpr milliseconds kPatience{60'000};
    if (mode == "lease") {
      if (!stack.AwaitDrained(kPatience)) throw std::runtime_error("the queue does not drain");
      return;
    }
    // Here nobody knows what is in hand. But one worker takes one after the other in their order,
    // so when the last one is done, all others are, or are lost.
    ledger.Attempt("kill-test-last");
    stack.Enqueue("kill-test-last");
    if (!stack.AwaitLine("kill-test-last", kPatience)) {
      throw std::runtime_error("the queue does not drain");
    }
  }

  int messages_ = 200;
  int kills_ = 2;
  milliseconds delay_{500};
};

}  // namespace

std::unique_ptr<Experiment> MakeKillInflight() { return std::make_unique<KillInflight>(); }

}  // namespace trellis::experiments
