#ifndef CLIENTS_CLI_LOAD_RUNNER_H_
#define CLIENTS_CLI_LOAD_RUNNER_H_

#include <condition_variable>
#include <functional>
#include <mutex>

#include "clients/cli/load/caller.h"
#include "clients/cli/load/recorder.h"
#include "clients/cli/load/scheduler.h"

namespace trellis::cli::load {

// Carries out a plan in real time: sends from the thread that calls Run, and takes answers on the
// caller's. Borrows everything.
class Runner {
 public:
  // `interrupted` is asked several times a second.
  Runner(const Plan& plan, Caller& caller, Recorder& recorder, base::SteadyTime start,
         std::function<bool()> interrupted);

  // Blocks until every call has ended or was given up. After an interrupt nothing more is sent, and
  // those in flight have a second left.
  void Run();

 private:
  using Lock = std::unique_lock<std::mutex>;

  void SendAll(Lock& lock);
  void Send(const Scheduler::Step& step, bool held, Lock& lock);
  void Drain(Lock& lock);
  void GiveUpTheRest();
  [[nodiscard]] bool Interrupted();

  Caller& caller_;
  Recorder& recorder_;
  const std::function<bool()> interrupted_;
  Scheduler scheduler_;
  bool stopped_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;  // an answer came, and somebody waits for it
  int64_t in_flight_ = 0;
  bool waiting_ = false;
};

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_RUNNER_H_
