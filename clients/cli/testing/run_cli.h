#ifndef CLIENTS_CLI_TESTING_RUN_CLI_H_
#define CLIENTS_CLI_TESTING_RUN_CLI_H_

#include <map>
#include <string>
#include <vector>

#include "clients/cli/command.h"
#include "clients/cli/exit_code.h"
#include "mesh/base/clock.h"

namespace trellis::cli::testing {

// The world that one run of the tool sees.
struct World {
  CommandTable commands = {};
  std::string in = {};
  std::map<std::string, std::string> environment = {};
  bool in_is_tty = false;
  bool out_is_tty = false;
  bool err_is_tty = false;
  size_t width = 0;
  base::ManualClock clock = {};
};

struct Outcome {
  ExitCode code = ExitCode::kOk;
  std::string out;
  std::string err;
  base::milliseconds slept{0};
};

// Runs it in this process; nothing is read from or written to the process's own streams.
[[nodiscard]] Outcome RunCli(const World& world, const std::vector<std::string>& words);

}  // namespace trellis::cli::testing

#endif  // CLIENTS_CLI_TESTING_RUN_CLI_H_
