#ifndef CLIENTS_CLI_EXIT_CODE_H_
#define CLIENTS_CLI_EXIT_CODE_H_

namespace trellis::cli {

// What the shell sees: a promise to scripts, printed by `help`.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,       // the service said no, or the thing asked for failed
  kUsage = 2,        // the command line is wrong; nothing was sent
  kUnreachable = 3,  // no answer: no server, or not in time
  kNotFound = 4,
  kThresholdMissed = 5,  // the load was made, and a --threshold was not met
  kInterrupted = 130,    // 128 + SIGINT
};

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_EXIT_CODE_H_
