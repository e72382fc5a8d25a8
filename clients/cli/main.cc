// trellis-cli, which people reach as ./trellis VERB.

#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "clients/cli/cli.h"
#include "clients/cli/commands/commands.h"

namespace {

using trellis::cli::ExitCode;

// Ends by the signal, so that a loop in a shell ends, too; shells call it 130. The first process of
// a container is spared by default actions and exits with that number.
void OnInterrupt(int signal_number) {
  signal(signal_number, SIG_DFL);
  sigset_t only_this;
  sigemptyset(&only_this);
  sigaddset(&only_this, signal_number);
  raise(signal_number);
  pthread_sigmask(SIG_UNBLOCK, &only_this, nullptr);
  _exit(static_cast<int>(ExitCode::kInterrupted));
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  // Started in the background of a script, the interrupt is for others and stays ignored.
  if (signal(SIGINT, OnInterrupt) == SIG_IGN) signal(SIGINT, SIG_IGN);
  trellis::cli::Terminal terminal = trellis::cli::ProcessTerminal();
  const trellis::cli::CommandTable commands = trellis::cli::AllCommands();
  const trellis::base::SystemClock clock;
  trellis::cli::Context context{
      .terminal = terminal,
      .commands = commands,
      .clock = clock,
      .sleep = [](trellis::base::milliseconds time) { std::this_thread::sleep_for(time); }};
  ExitCode code = trellis::cli::Run(std::vector<std::string>(argv + 1, argv + argc), context);
  if (!std::cout.flush()) {
    terminal.Say("cannot write to stdout");
    code = ExitCode::kFailed;
  }
  return static_cast<int>(code);
}
