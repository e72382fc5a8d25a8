#include "tests/experiments/experiment.h"
#include "tests/support/stack.h"

namespace trellis::experiments {
namespace {

using testing::Ledger;
using testing::Load;
using testing::Stack;
using testing::WaitUntil;

// Everything is restarted, Redis too, while some messages are done, some in hand and some in line.
class RestartPersistence final : public Experiment {
 public:
  std::string name() const override { return "restart-persistence"; }
  std::string summary() const override {
    return "restart every process between enqueue and check: what survives?";
  }
  void AddTo(base::OptionTable& table) override {
    table.Add("messages", "MESSAGES", &messages_, 1, 100'000, "how many are sent");
    table.Add("processing-delay", "PROCESSING_DELAY_MS", &delay_, "time that a message takes");
  }

  Outcome Run() override {
    Stack stack({.workers = 1,
                 .worker = {{"WORKER_CONCURRENCY", "5"},
                            {"PROCESSING_DELAY_MS", std::to_string(delay_.count()) + "ms"}}});
    Ledger ledger;
    Load load(ledger, {.http_port = stack.http_port(),
                       .threads = 10,
                       .total = messages_,
                       .pause = milliseconds(0),
                       .prefix = "persist-"});
    load.Start();
    load.Wait();
    if (!WaitUntil([&] { return !stack.Output().lines.empty(); })) {
      throw std::runtime_error("the worker does nothing");
    }
    const auto before = static_cast<int>(stack.Output().lines.size());
    Progress(std::to_string(before) + " of " + std::to_string(messages_) +
             " were done before the restart");
    Restart(stack);
    if (!stack.AwaitDrained(milliseconds(60'000))) {
      throw std::runtime_error("the queue does not drain");
    }
    const Verdict verdict = ledger.Judge(stack.Output());

    Outcome outcome;
    outcome.parameters.Add("messages", messages_).Add("processing_delay_ms", delay_.count());
    outcome.results = ToJson(verdict);
    outcome.results.Add("processed_before_restart", before)
        .Add("enqueue_latency_ms", LatenciesToJson(load.latencies()));
    outcome.passed = verdict.Good() && verdict.processed == messages_;
    outcome.verdict = std::to_string(verdict.processed) + " of " + std::to_string(messages_) +
                      " processed, " + std::to_string(verdict.lost) + " lost";
    return outcome;
  }

 private:
  static void Restart(Stack& stack) {
    for (testing::ServerProcess* process : {&stack.gateway(), &stack.worker(0), &stack.service()}) {
      if (const int code = process->Terminate(); code != 0) {
        throw std::runtime_error(process->name() + " ended with " + std::to_string(code));
      }
    }
    stack.redis().process().Terminate();
    Progress("everything is down");
    stack.redis().Start();
    stack.service().StartAndAwaitReady();
    stack.worker(0).StartAndAwaitReady();
    stack.gateway().StartAndAwaitReady();
    Progress("everything is up again");
  }

  int messages_ = 20;
  milliseconds delay_{200};
};

}  // namespace

std::unique_ptr<Experiment> MakeRestartPersistence() {
  return std::make_unique<RestartPersistence>();
}

}  // namespace trellis::experiments
